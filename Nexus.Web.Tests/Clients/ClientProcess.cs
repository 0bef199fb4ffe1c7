using System.Diagnostics;
using System.Runtime.InteropServices;
using Nexus.Web.Tests.Infrastructure;

namespace Nexus.Web.Tests.Clients;

/// <summary>A client program with an environment of its own, bounded in time.</summary>
internal static class ClientProcess
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    /// <summary>A file that <c>Clients.targets</c> fetched. <c>{arch}</c> stands for the machine's, as npm names it.</summary>
    public static string Installed(string path)
    {
        var full = Path.Combine(Scripts.Repository, "artifacts", "clients", "node_modules", path.Replace("{arch}", RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "x64", StringComparison.Ordinal));
        return Path.Exists(full) ? full : throw new FileNotFoundException($"{full} is missing. 'dotnet test Nexus.Web.Tests' fetches the clients first; without it run 'dotnet msbuild Nexus.Web.Tests -t:FetchClients'.");
    }

    /// <summary>Exit code and standard output; standard error follows when there is any.</summary>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, string directory, IReadOnlyDictionary<string, string> environment, TimeSpan? patience = null)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = directory, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var most = patience ?? Patience;
        using var limit = new CancellationTokenSource(most);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return $"exit code {process.ExitCode}\n{await output}{await error}";
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{Path.GetFileName(program)} {string.Join(' ', start.ArgumentList)} ran longer than {most.TotalSeconds} s.");
        }
    }
}
