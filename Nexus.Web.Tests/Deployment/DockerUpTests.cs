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
        foreach (var tool in new[] { "bash", "base64", "dirname", "head", "readlink", "sed", "tr" })
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
        Assert.Empty(error);
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
        echo "profiles=${COMPOSE_PROFILES:-}"
        printf '%s\n' "$@"
        exit 42
        """);

    private Task<(int Code, string Output, string Error)> UpAsync(params string[] arguments) =>
        Scripts.RunAsync(Path.Combine(_root, "docker-up.sh"), arguments, "/", new Dictionary<string, string?> { ["PATH"] = _tools, ["COMPOSE_PROFILES"] = null });
}
