using System.Diagnostics;
using System.Text;
using Nexus.Web.Tests.Infrastructure;

namespace Nexus.Web.Tests.Clients;

/// <summary>A program on a terminal (util-linux's <c>script</c> makes it), read and typed into as a person would.</summary>
internal sealed class Terminal : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _screen = new();
    private readonly Task _reading;

    public Terminal(string program, string directory, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("script", ["-qfec", $"stty cols 160 rows 50; exec '{program}'", "/dev/null"])
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        start.Environment["TERM"] = "xterm-256color";
        _process = Process.Start(start)!;
        _reading = ReadAsync();
    }

    public async Task TypeAsync(string text)
    {
        await _process.StandardInput.WriteAsync(text);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits until a word has been written to the screen. Words only: spaces may be cursor movements.</summary>
    public Task ShowsAsync(string word) => NexusApp.UntilAsync(() =>
    {
        lock (_screen)
            return Task.FromResult(_screen.ToString().Contains(word, StringComparison.Ordinal) ? true : _process.HasExited ? throw new InvalidOperationException($"The program ended without showing '{word}': {_screen}") : false);
    }, $"the terminal shows '{word}'");

    public Task EndedAsync() => _process.WaitForExitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new char[4096];
        for (int read; (read = await _process.StandardOutput.ReadAsync(buffer)) > 0;)
            lock (_screen)
                _screen.Append(buffer, 0, read);
    }
}
