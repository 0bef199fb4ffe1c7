using System.Diagnostics;

namespace Nexus.Web.Operations.Backups;

/// <summary>A program that reads or writes a stream; it does not outlive its use, and what it complains of becomes the error.</summary>
internal sealed class PipedProcess : IAsyncDisposable
{
    private const int MostComplaints = 8_000;
    private readonly Process _process;
    private readonly Task<string> _complaints;

    private PipedProcess(Process process)
    {
        _process = process;
        _complaints = ReadComplaintsAsync(process.StandardError);
    }

    public Stream Output => _process.StandardOutput.BaseStream;

    public Stream Input => _process.StandardInput.BaseStream;

    public static PipedProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, bool input)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = input, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    /// <exception cref="InvalidOperationException">It failed: says in its own words why.</exception>
    public async Task EndAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        if (_process.ExitCode != 0)
            throw new InvalidOperationException($"{Path.GetFileName(_process.StartInfo.FileName)} ended with {_process.ExitCode}: {await ComplaintsAsync()}");
    }

    public async Task<string> ComplaintsAsync()
    {
        await Task.WhenAny(_complaints, Task.Delay(TimeSpan.FromSeconds(5)));
        return _complaints.IsCompletedSuccessfully ? _complaints.Result.Trim() : "";
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static async Task<string> ReadComplaintsAsync(StreamReader errors)
    {
        var kept = new System.Text.StringBuilder();
        while (await errors.ReadLineAsync() is { } line)
            if (kept.Length < MostComplaints)
                kept.Append(line).Append('\n');
        return kept.ToString();
    }
}
