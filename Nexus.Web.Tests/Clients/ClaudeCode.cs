using System.Text;
using System.Text.Json.Nodes;
using Nexus.Web.Tests.Infrastructure;

namespace Nexus.Web.Tests.Clients;

/// <summary>
/// The Claude Code CLI in a home and a working directory of its own for each route, with no way out but to
/// 127.0.0.1.
/// </summary>
internal sealed class ClaudeCode : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("nexus-claude-").FullName;
    private readonly ConnectionRefuser _refuser = new();

    /// <summary>The variable that holds the key: with <c>ANTHROPIC_API_KEY</c> it is sent as <c>x-api-key</c>.</summary>
    public string KeyVariable { get; init; } = "ANTHROPIC_AUTH_TOKEN";

    /// <summary>In the place of the route's own key.</summary>
    public string? Key { get; init; }

    /// <summary>Variables beside those that every run has.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    /// <summary>Prints each event of a stream when it arrives, and not only whole messages.</summary>
    public bool PartialMessages { get; init; } = true;

    /// <summary>How long one process of it may take.</summary>
    public TimeSpan Patience { get; init; } = ClientProcess.Patience;

    private static string Program => ClientProcess.Installed("@anthropic-ai/claude-code-linux-{arch}/claude");

    /// <summary>Asks once for each set of options (the prompt first), each in a process of its own.</summary>
    public async Task<string> AskAsync(Route route, params string[][] asks)
    {
        var (home, work) = Directories();
        var printed = new StringBuilder();
        foreach (var ask in asks)
            printed.AppendLine(await PrintAsync(route, home, work, ask));
        return printed.ToString();
    }

    /// <summary>Asks twice, goes back to the first answer in the same session, and asks another thing.</summary>
    public async Task<string> RewindAsync(Route route, string first, string second, string instead)
    {
        var (home, work) = Directories();
        var printed = await PrintAsync(route, home, work, [first]);
        await PrintAsync(route, home, work, [second, "--continue"]);
        var answer = printed.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonNode.Parse(line)!).Last(line => line["type"]!.GetValue<string>() == "assistant");
        return await PrintAsync(route, home, work, [instead, "--resume", answer["session_id"]!.GetValue<string>(), "--resume-session-at", answer["uuid"]!.GetValue<string>()]);
    }

    /// <summary>Asks, then another thing in between, and goes on in the first session by its id.</summary>
    public async Task<string> ResumeAsync(Route route, string first, string other, string next)
    {
        var (home, work) = Directories();
        var printed = await PrintAsync(route, home, work, [first]);
        await PrintAsync(route, home, work, [other]);
        var session = printed.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonNode.Parse(line)!["session_id"]).First(id => id is not null)!.GetValue<string>();
        return await PrintAsync(route, home, work, [next, "--resume", session]);
    }

    /// <summary>Says one thing on a terminal, as people do, waits for the scripted answer, and leaves.</summary>
    public Task<string> SayAsync(Route route, string word) => OnTerminalAsync(route, async terminal =>
    {
        await SendAsync(terminal, word);
        await terminal.ShowsAsync("well.");
    });

    /// <summary>Says one thing, interrupts the answer with Esc once <paramref name="begun"/> holds, and says another.</summary>
    public Task<string> InterruptAsync(Route route, string word, Func<bool> begun, string next) => OnTerminalAsync(route, async terminal =>
    {
        await SendAsync(terminal, word);
        await NexusApp.UntilAsync(() => Task.FromResult(begun()), "the answer has begun");
        await terminal.TypeAsync("\u001b");
        await terminal.ShowsAsync("Interrupted");
        await SendAsync(terminal, next);
        await terminal.ShowsAsync("well.");
    });

    private async Task<string> OnTerminalAsync(Route route, Func<Terminal, Task> use)
    {
        var (home, work) = Directories();
        // Past the first-run questions.
        var known = new JsonObject { ["hasTrustDialogAccepted"] = true, ["hasCompletedProjectOnboarding"] = true, ["projectOnboardingSeenCount"] = 5 };
        var settings = new JsonObject { ["hasCompletedOnboarding"] = true, ["theme"] = "dark", ["numStartups"] = 5, ["projects"] = new JsonObject { [work] = known } };
        await File.WriteAllTextAsync(Path.Combine(home, ".claude.json"), settings.ToJsonString());
        await using var terminal = new Terminal(Program, work, Environment(route, home));
        await terminal.ShowsAsync("❯");
        await use(terminal);
        await SendAsync(terminal, "/exit");
        await terminal.EndedAsync();
        return "left";
    }

    private static async Task SendAsync(Terminal terminal, string word)
    {
        await terminal.TypeAsync(word);
        await terminal.ShowsAsync(word);
        await terminal.TypeAsync("\r");
    }

    public void Dispose()
    {
        _refuser.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private Task<string> PrintAsync(Route route, string home, string work, string[] ask) => ClientProcess.RunAsync(
        Program,
        ["-p", .. ask, "--output-format", "stream-json", "--verbose", .. PartialMessages ? (string[])["--include-partial-messages"] : [], "--allowedTools", "Bash Read Agent WebSearch"],
        work,
        new Dictionary<string, string>(Environment(route, home)) { ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1", ["DISABLE_TELEMETRY"] = "1" },
        Patience);

    private (string Home, string Work) Directories()
    {
        var directory = Path.Combine(_root, Guid.NewGuid().ToString());
        var (home, work) = (Path.Combine(directory, "home"), Path.Combine(directory, "work"));
        Directory.CreateDirectory(home);
        Directory.CreateDirectory(work);
        File.WriteAllText(Path.Combine(work, "hello.txt"), "hello\n");
        return (home, work);
    }

    private Dictionary<string, string> Environment(Route route, string home) => new(Variables)
    {
        ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
        ["HOME"] = home,
        ["TMPDIR"] = home,
        ["LANG"] = "C.UTF-8",
        ["SHELL"] = "/bin/bash",
        ["IS_SANDBOX"] = "1",
        ["ANTHROPIC_BASE_URL"] = route.BaseUrl,
        [KeyVariable] = Key ?? route.Key,
        ["DISABLE_AUTOUPDATER"] = "1",
        ["HTTPS_PROXY"] = _refuser.Url,
        ["NO_PROXY"] = "127.0.0.1",
    };
}
