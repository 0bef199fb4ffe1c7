using System.Text;

namespace Nexus.Web.Tests.Clients;

/// <summary>
/// The Claude Code CLI without a terminal, in a home and a working directory of its own for each route, with no way out but to
/// 127.0.0.1.
/// </summary>
internal sealed class ClaudeCode : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("nexus-claude-").FullName;
    private readonly ConnectionRefuser _refuser = new();

    /// <summary>Asks once for each set of options (the prompt first), each in a process of its own.</summary>
    public async Task<string> AskAsync(Route route, params string[][] asks)
    {
        var directory = Path.Combine(_root, Guid.NewGuid().ToString());
        var (home, work) = (Path.Combine(directory, "home"), Path.Combine(directory, "work"));
        Directory.CreateDirectory(home);
        Directory.CreateDirectory(work);
        await File.WriteAllTextAsync(Path.Combine(work, "hello.txt"), "hello\n");
        var printed = new StringBuilder();
        foreach (var ask in asks)
            printed.AppendLine(await ClientProcess.RunAsync(
                ClientProcess.Installed("@anthropic-ai/claude-code-linux-{arch}/claude"),
                ["-p", .. ask, "--output-format", "stream-json", "--include-partial-messages", "--verbose", "--allowedTools", "Bash Read Agent WebSearch"],
                work,
                Environment(route, home)));
        return printed.ToString();
    }

    public void Dispose()
    {
        _refuser.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private Dictionary<string, string> Environment(Route route, string home) => new()
    {
        ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
        ["HOME"] = home,
        ["TMPDIR"] = home,
        ["LANG"] = "C.UTF-8",
        ["SHELL"] = "/bin/bash",
        ["IS_SANDBOX"] = "1",
        ["ANTHROPIC_BASE_URL"] = route.BaseUrl,
        ["ANTHROPIC_AUTH_TOKEN"] = route.Key,
        ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1",
        ["DISABLE_TELEMETRY"] = "1",
        ["DISABLE_AUTOUPDATER"] = "1",
        ["HTTPS_PROXY"] = _refuser.Url,
        ["NO_PROXY"] = "127.0.0.1",
    };
}
