using System.Diagnostics;

namespace Nexus.Web.Storage;

internal static class ProcessRunner
{
    /// <summary>Runs a program to its end. Output is read from a file, since a server that it starts inherits and keeps its pipes.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        var output = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = "/" };
            foreach (var argument in new[] { "-c", "out=$1; shift; exec \"$@\" >\"$out\" 2>&1 </dev/null", "sh", output, program }.Concat(arguments))
                start.ArgumentList.Add(argument);
            using var process = Process.Start(start)!;
            await process.WaitForExitAsync(cancellation);
            return (process.ExitCode, (await File.ReadAllTextAsync(output, cancellation)).Trim());
        }
        finally
        {
            File.Delete(output);
        }
    }
}
