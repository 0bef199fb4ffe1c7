using System.Net;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Cli;

public sealed class KeysCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-cli-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Keys_are_made_listed_rotated_and_revoked_beside_a_running_nexus_with_its_private_server()
    {
        // The private server runs as another user when the tests run as root.
        File.SetUnixFileMode(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("application/json", Streams.Json);
        await using var nexus = await NexusApp.StartAsync(upstream, "", _directory);
        await nexus.ReadyAsync();
        var (code, key, note) = await RunAsync("keys", "create", "--name", "ci", "--owner", "ada", "--domain", "team.example.com", "--models", "claude-haiku-*,claude-opus-5", "--expires", "90d");
        Assert.True(code == 0, note);
        Assert.Matches("^cnp_live_[A-Za-z0-9_-]{43}$", key);
        var id = note.Split(':')[0];
        await nexus.KnowsAsync(key);
        Assert.Equal(HttpStatusCode.OK, await nexus.StatusAsync("team.example.com", key, "sk-ant-own"));
        var (_, list, _) = await RunAsync("keys", "list");
        Assert.Contains($"{id}\tactive\tci\tada\tteam.example.com\t…{key[^4..]}\tclaude-haiku-*,claude-opus-5", list, StringComparison.Ordinal);
        var (_, next, _) = await RunAsync("keys", "rotate", id, "--overlap", "1h");
        await nexus.KnowsAsync(next);
        Assert.Equal(0, (await RunAsync("keys", "revoke", id)).Code);
        await NexusApp.UntilAsync(async () => await nexus.StatusAsync("team.example.com", key, "sk-ant-own") == HttpStatusCode.Unauthorized, "the key is revoked");
        (code, _, var unknown) = await RunAsync("keys", "revoke", "key_none");
        Assert.Equal(1, code);
        Assert.Contains("There is no key 'key_none'", unknown, StringComparison.Ordinal);
        (code, _, var wrong) = await RunAsync("keys", "create", "--name", "x", "--owner", "y", "--domain", "a/b");
        Assert.Equal(1, code);
        Assert.StartsWith("domain: ", wrong, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_server_it_is_said_what_to_do()
    {
        var (code, _, error) = await RunAsync("keys", "list");
        Assert.Equal(1, code);
        Assert.Contains("Start Nexus first", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_directory, "postgres")));
        (code, _, error) = await RunAsync("keys", "create");
        Assert.Equal(1, code);
        Assert.Contains("--owner", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("^cnp_live_[A-Za-z0-9_-]{43}$", 1)]
    [InlineData("^cnp_test_[A-Za-z0-9_-]{43}$", 3, "--test", "-n", "3")]
    [InlineData("^team_[A-Za-z0-9_-]{43}$", 2, "--prefix", "team", "--count", "2")]
    public async Task Keys_for_credential_files_are_generated_without_a_server(string pattern, int count, params string[] options)
    {
        var (code, output, error) = await RunAsync(["keys", "generate", .. options]);
        Assert.True(code == 0, error);
        var lines = output.Split('\n');
        Assert.Equal(count, lines.Distinct().Count());
        Assert.All(lines, line => Assert.Matches(pattern, line));
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var (code, output, error) = await Scripts.RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "Nexus.Web.dll"), .. arguments], _directory, new Dictionary<string, string?> { ["DATA_DIR"] = _directory, ["DATABASE_URL"] = "" });
        return (code, output.Trim(), error.Trim());
    }
}
