using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>The real binary in a process of its own, with what it wrote. Its environment is the given variables alone.</summary>
internal sealed class NexusProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private NexusProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Output => Text(_output);

    public string Errors => Text(_errors);

    /// <summary>Every line of both streams, as JSON; a line that is none fails.</summary>
    public IReadOnlyList<JsonElement> Lines => [.. (Output + Errors).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>The addresses of proxy and dashboard, once it says that it listens.</summary>
    public async Task<(HttpClient Proxy, HttpClient Dashboard)> ListeningAsync()
    {
        JsonElement started = default;
        await NexusApp.UntilAsync(() => Task.FromResult(_process.HasExited || TryFind("started", out started)), "Nexus listens");
        return _process.HasExited
            ? throw new InvalidOperationException("Nexus ended: " + Errors)
            : (NexusApp.Client(started.GetProperty("proxy").GetString()!), NexusApp.Client(started.GetProperty("dashboard").GetString()!));
    }

    public bool TryFind(string name, out JsonElement line)
    {
        line = Lines.FirstOrDefault(line => line.TryGetProperty("event", out var value) && value.GetString() == name);
        return line.ValueKind == JsonValueKind.Object;
    }

    /// <summary>Starts it on free loopback ports with a data directory of its own and a database that is not there, unless <paramref name="variables"/> say otherwise.</summary>
    public static NexusProcess Start(string directory, params (string Name, string? Value)[] variables)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Nexus.Web")) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(Environment.ProcessPath);
        foreach (var (name, value) in new (string, string?)[]
        {
            ("HOST", "127.0.0.1"), ("PROXY_PORT", "0"), ("DASHBOARD_PORT", "0"), ("DATA_DIR", directory), ("DASHBOARD_API_KEY", NexusApp.Key),
            ("DATABASE_URL", "postgres://nobody@127.0.0.1:9/claude_proxy"), ("CLAUDE_API_BASE_URL", "http://127.0.0.1:9"), ("HEALTH_UPSTREAM_SECONDS", "0"), ("OAUTH_USAGE_SECONDS", "0"), ("Jobs__ByClock", "false"),
        }.Concat(variables))
            start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    /// <summary>Its exit code, when it ends by itself.</summary>
    public async Task<int> ExitAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    /// <summary>SIGTERM, then the exit code.</summary>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        return await ExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await StopAsync();
        _process.Dispose();
    }

    private static void Keep(StringBuilder text, string? line)
    {
        if (line is not null)
            lock (text)
                text.Append(line).Append('\n');
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
            return text.ToString();
    }
}
