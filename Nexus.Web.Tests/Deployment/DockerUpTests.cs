using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Deployment;

/// <summary>docker-up.sh in a directory of its own, with a stand-in for docker that writes down what it is called with.</summary>
public sealed class DockerUpTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("nexus-docker-up-").FullName;
    private readonly string _tools;

    public DockerUpTests()
    {
        _tools = Path.Combine(_root, "tools");
        Directory.CreateDirectory(_tools);
        foreach (var tool in new[] { "bash", "base64", "chmod", "dirname", "head", "readlink", "sed", "tr" })
            File.CreateSymbolicLink(Path.Combine(_tools, tool), $"/usr/bin/{tool}");
        File.Copy(Path.Combine(Scripts.Repository, "docker-up.sh"), Path.Combine(_root, "docker-up.sh"));
    }

    private string EnvironmentFile => Path.Combine(_root, ".env");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Arguments_go_to_compose_with_the_project_s_files_from_any_directory_and_its_exit_code_comes_back()
    {
        InstallDocker();
        var (code, output, _) = await UpAsync("exec", "claude-proxy", "sh", "-c", "echo 'two words'");
        Assert.Equal(42, code);
        Assert.Equal(
            ["profiles=", "compose", "--project-directory", _root, "--file", $"{_root}/compose.yaml", "--env-file", $"{_root}/.env", "exec", "claude-proxy", "sh", "-c", "echo 'two words'"],
            output.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task The_first_use_makes_a_key_that_only_the_owner_can_read_and_prints_it_and_the_second_leaves_it_alone()
    {
        InstallDocker();
        var (_, _, error) = await UpAsync("up", "-d");
        var made = await File.ReadAllTextAsync(EnvironmentFile);
        var key = made.Split('\n').Single(line => line.StartsWith("DASHBOARD_API_KEY=", StringComparison.Ordinal))["DASHBOARD_API_KEY=".Length..];
        Assert.Matches("^nxd_[A-Za-z0-9_-]{43}$", key);
        Assert.Contains(key, error, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(EnvironmentFile));

        (_, _, error) = await UpAsync("up", "-d");
        Assert.Equal(made, await File.ReadAllTextAsync(EnvironmentFile));
        Assert.Contains(key, error, StringComparison.Ordinal);
        (_, _, error) = await UpAsync("ps");
        Assert.Empty(error);
    }

    [Fact]
    public async Task A_copied_example_gets_the_secrets_that_it_lacks_and_keeps_what_it_says()
    {
        InstallDocker();
        var example = await File.ReadAllTextAsync(Path.Combine(Scripts.Repository, ".env.example"));
        await File.WriteAllTextAsync(EnvironmentFile, example + "DASHBOARD_API_KEY= # none yet\nLOG_LEVEL=debug");
        File.SetUnixFileMode(EnvironmentFile, (UnixFileMode)0b110_100_100);
        var (_, _, error) = await UpAsync("--profile", "external-db", "up", "-d");
        var lines = await File.ReadAllLinesAsync(EnvironmentFile);
        Assert.Contains("LOG_LEVEL=debug", lines);
        Assert.Contains(lines, line => line.StartsWith("POSTGRES_PASSWORD=", StringComparison.Ordinal) && line.Length > 40);
        Assert.Contains(lines.Last(line => line.StartsWith("DASHBOARD_API_KEY=nxd_", StringComparison.Ordinal))["DASHBOARD_API_KEY=".Length..], error, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(EnvironmentFile));
        await UpAsync("up", "-d");
        Assert.Equal(lines, await File.ReadAllLinesAsync(EnvironmentFile));
    }

    [Theory]
    [InlineData("DASHBOARD_API_KEY=\"nxd_own\" # mine\nPOSTGRES_PASSWORD='own#1'\n", "nxd_own ")]
    [InlineData("DASHBOARD_API_KEY_FILE=/run/secrets/key\nPOSTGRES_PASSWORD=own\n", null)]
    public async Task Secrets_that_are_there_are_left_alone(string written, string? shown)
    {
        InstallDocker();
        await File.WriteAllTextAsync(EnvironmentFile, written);
        var (_, _, error) = await UpAsync("up", "-d");
        Assert.Equal(written, await File.ReadAllTextAsync(EnvironmentFile));
        Assert.Equal(shown is not null, error.Contains("Dashboard key: " + shown, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, "172.31.83.1")]
    [InlineData("", "172.31.83.1")]
    [InlineData("127.0.0.1", "172.31.83.1")]
    [InlineData("'localhost'", "172.31.83.1")]
    [InlineData("127.0.0.2", "172.31.83.1")]
    [InlineData("::1", "172.31.83.1")]
    [InlineData("[::1]", "172.31.83.1")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("192.168.7.8", "192.168.7.8")]
    public async Task Published_on_loopback_in_whatever_words_the_bridge_s_gateway_may_read_token_stats_and_else_it_may_not(string? bind, string allowed)
    {
        InstallDocker();
        await File.WriteAllTextAsync(EnvironmentFile, bind is null ? "" : $"BIND_ADDRESS={bind}\n");
        await UpAsync("up", "-d");
        var seen = await File.ReadAllLinesAsync(Path.Combine(_tools, "seen"));
        // As compose.yaml puts it together.
        Assert.Contains("TOKEN_STATS_ALLOW: ${TOKEN_STATS_ALLOW:-${BIND_ADDRESS:-${BRIDGE_GATEWAY:-172.31.83.1}}}\n", await File.ReadAllTextAsync(Path.Combine(Scripts.Repository, "compose.yaml")), StringComparison.Ordinal);
        var address = seen[0] == "unset" ? bind : seen[0];
        Assert.Equal(allowed, seen[1] is { Length: > 0 } given ? given : address is { Length: > 0 } ? address : "172.31.83.1");
    }

    [Fact]
    public void The_container_is_told_the_port_that_the_proxy_is_published_under()
    {
        var compose = File.ReadAllText(Path.Combine(Scripts.Repository, "compose.yaml"));
        Assert.Contains("PROXY_PUBLIC_PORT: ${PROXY_PUBLIC_PORT:-${PROXY_PORT:-3000}}\n", compose, StringComparison.Ordinal);
        Assert.Contains(":${PROXY_PORT:-3000}:3000\n", compose, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asking_for_the_external_database_tells_compose_s_files_so()
    {
        InstallDocker();
        var (_, output, _) = await UpAsync("--profile", "external-db", "up", "-d");
        Assert.StartsWith("profiles=external-db\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_docker_it_says_what_to_install_and_makes_nothing()
    {
        var (code, _, error) = await UpAsync("up", "-d");
        Assert.Equal(127, code);
        Assert.Contains("./run.sh", error, StringComparison.Ordinal);
        Assert.False(File.Exists(EnvironmentFile));
    }

    [Fact]
    public async Task Without_the_compose_plugin_it_says_so()
    {
        Scripts.Write(Path.Combine(_tools, "docker"), "#!/usr/bin/env bash\nexit 1\n");
        var (code, _, error) = await UpAsync("ps");
        Assert.Equal(127, code);
        Assert.Contains("compose plugin", error, StringComparison.Ordinal);
    }

    private void InstallDocker() => Scripts.Write(Path.Combine(_tools, "docker"), """
        #!/usr/bin/env bash
        [ "$*" = "compose version" ] && exit 0
        printf '%s\n' "${BIND_ADDRESS-unset}" "${TOKEN_STATS_ALLOW:-}" > "${0%/*}/seen"
        echo "profiles=${COMPOSE_PROFILES:-}"
        printf '%s\n' "$@"
        exit 42
        """);

    private Task<(int Code, string Output, string Error)> UpAsync(params string[] arguments) =>
        Scripts.RunAsync(Path.Combine(_root, "docker-up.sh"), arguments, "/", new Dictionary<string, string?> { ["PATH"] = _tools, ["COMPOSE_PROFILES"] = null, ["POSTGRES_PASSWORD"] = null, ["BIND_ADDRESS"] = null, ["TOKEN_STATS_ALLOW"] = null, ["BRIDGE_GATEWAY"] = null });
}
