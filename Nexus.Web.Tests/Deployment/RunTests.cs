using Nexus.Web.Configuration;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Deployment;

/// <summary>run.sh in a directory of its own, with stand-ins for what it builds, which write down the environment they get.</summary>
public sealed class RunTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("nexus-run-").FullName;
    private readonly string _tools;

    public RunTests()
    {
        _tools = Path.Combine(_root, "tools");
        foreach (var folder in new[] { "tools", "Nexus.Web", "migrations", "wwwroot", "bench" })
            Directory.CreateDirectory(Path.Combine(_root, folder));
        foreach (var script in new[] { "run.sh", "install.sh" })
            File.Copy(Path.Combine(Scripts.Repository, script), Path.Combine(_root, script));
        foreach (var file in new[] { "appsettings.json", "Directory.Build.props" })
            File.WriteAllText(Path.Combine(_root, file), "");
        Scripts.Write(Path.Combine(_tools, "dotnet"), "#!/usr/bin/env bash\necho '10.0.100 [/sdk]'\n");
        Scripts.Write(Path.Combine(_tools, "npm"), "#!/usr/bin/env bash\n");
        foreach (var program in new[] { "Nexus.Web", "Nexus.Bench" })
        {
            var folder = Directory.CreateDirectory(Path.Combine(_root, "artifacts", "bin", program, "release")).FullName;
            Scripts.Write(Path.Combine(folder, program), $"#!/usr/bin/env bash\nif [ \"${{1:-}}\" = key ]; then echo nxd_shown; else for ((i = 0; i < 250; i++)); do [ -e \"${{WAIT_FOR:-/}}\" ] && break; sleep 0.1; done; env > '{_root}/{program}.env'; fi\n");
            File.WriteAllText(Path.Combine(folder, program + ".dll"), "");
            File.SetLastWriteTimeUtc(Path.Combine(folder, program + ".dll"), DateTime.UtcNow.AddHours(1));
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task The_demo_has_nothing_of_what_is_set_for_the_real_one_but_ports_host_and_key()
    {
        var settings = Variables.All.SelectMany(variable => variable.Names.Append(variable.Name + "_FILE")).Append("OTEL_RESOURCE_ATTRIBUTES").Append("Channels__Slack__WebhookUrl").ToList();
        string Value(string name) => name == "HOST" ? "127.0.0.1" : "1";
        string[] kept = ["HOST", "PORT", "PROXY_PORT", "DASHBOARD_PORT", "LOG_LEVEL", "DASHBOARD_API_KEY", "DASHBOARD_API_KEY_FILE", "INTERNAL_API_KEY", "DATA_DIR", "PRIVATE_POSTGRES_PORT"];
        // Half of them in the file, half in the caller's environment.
        await File.WriteAllLinesAsync(Path.Combine(_root, ".env"), settings.Where((_, i) => i % 2 == 0).Select(name => $"{name}={Value(name)}"));
        var (code, output, error) = await RunAsync(["--demo"], settings.Where((_, i) => i % 2 == 1).ToDictionary(name => name, string? (name) => Value(name)));
        Assert.Equal((0, ""), (code, error));
        var seen = await SeenAsync("Nexus.Bench");
        Assert.Empty(settings.Except(kept).Intersect(seen.Keys));
        Assert.Equal(("127.0.0.1", "1", "1", "1"), (seen["HOST"], seen["PROXY_PORT"], seen["DASHBOARD_PORT"], seen["DASHBOARD_API_KEY"]));
        Assert.EndsWith("/nexus-demo", seen["DATA_DIR"], StringComparison.Ordinal);
        Assert.Equal("0", seen["PRIVATE_POSTGRES_PORT"]);
        Assert.Contains("http://localhost:1 ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_caller_sets_wins_over_the_file_as_with_compose()
    {
        await File.WriteAllTextAsync(Path.Combine(_root, ".env"), "PROXY_PORT=8080\nDASHBOARD_PORT=1\nLOG_LEVEL='warn'\nSLACK_CHANNEL='a b'\n");
        var (code, output, error) = await RunAsync([], new() { ["PROXY_PORT"] = "4000", ["LOG_LEVEL"] = "" });
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("http://localhost:4000 ", output, StringComparison.Ordinal);
        Assert.Contains("http://localhost:1 ", output, StringComparison.Ordinal);
        var seen = await SeenAsync("Nexus.Web");
        Assert.Equal(("4000", "1", "", "a b"), (seen["PROXY_PORT"], seen["DASHBOARD_PORT"], seen["LOG_LEVEL"], seen["SLACK_CHANNEL"]));
    }

    [Fact]
    public async Task With_a_certificate_the_addresses_are_https_and_its_health_is_asked_for_without_checking_the_name()
    {
        var asked = Path.Combine(_root, "asked");
        Scripts.Write(Path.Combine(_tools, "curl"), $"#!/usr/bin/env bash\necho \"$*\" > '{asked}.new'; mv '{asked}.new' '{asked}'\n");
        await File.WriteAllTextAsync(Path.Combine(_root, ".env"), $"TLS_CERT_FILE=/etc/nexus/tls.crt\nDASHBOARD_PORT=1\nHOST=::1\nWAIT_FOR='{asked}'\n");
        var (_, output, _) = await RunAsync([], []);
        Assert.Contains("Dashboard: https://localhost:1 ", output, StringComparison.Ordinal);
        Assert.Contains("Proxy:     https://localhost:3000 ", output, StringComparison.Ordinal);
        Assert.Contains("Healthy after", output, StringComparison.Ordinal);
        Assert.Equal("-fsk -m 5 -o /dev/null https://[::1]:1/health", (await File.ReadAllTextAsync(asked)).Trim());
    }

    [Theory]
    [InlineData("run.sh", "nodejs npm")]
    [InlineData("test.sh", "nodejs npm chromium prometheus")]
    public async Task Without_root_or_sudo_one_line_says_what_to_install_before_anything_is(string script, string packages)
    {
        if (script != "run.sh")
            File.Copy(Path.Combine(Scripts.Repository, script), Path.Combine(_root, script));
        UseOnly(("id", "echo 1000"), ("apt-get", $"echo \"$*\" >> '{_root}/installed'"));
        var (code, _, error) = await Scripts.RunAsync(Path.Combine(_root, script), [], "/", new Dictionary<string, string?> { ["PATH"] = _tools });
        Assert.Equal(1, code);
        Assert.Contains($"apt-get update && apt-get install -y {packages}\n", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.False(File.Exists(Path.Combine(_root, "installed")));
    }

    [Theory]
    [InlineData("id=1000 apt-get", 1)]
    [InlineData("id=1000", 1)]
    [InlineData("id=0", 1)]
    [InlineData("id=0 apt-get", 0)]
    [InlineData("id=1000 apt-get sudo=1", 1)]
    [InlineData("id=1000 apt-get sudo=0", 0)]
    public async Task Rights_are_roots_or_those_of_a_sudo_that_needs_no_password_where_nobody_can_type_it(string tools, int expected)
    {
        UseOnly([.. tools.Split(' ').Select(tool => tool.Split('=')).Select(tool => (tool[0], tool switch { ["id", var user] => "echo " + user, [_, var code] => "exit " + code, _ => "" }))]);
        var (code, _, error) = await Scripts.RunAsync(Path.Combine(_tools, "bash"), ["-c", ". ./install.sh; has_postgres() { false; }; need_rights postgres node </dev/null"], _root, new Dictionary<string, string?> { ["PATH"] = _tools });
        Assert.Equal(expected, code);
        Assert.Equal(expected == 1, error.Contains("install -y postgresql nodejs npm", StringComparison.Ordinal));
    }

    /// <summary>Leaves of the machine's programs what the scripts need to come to their check, and these stand-ins.</summary>
    private void UseOnly(params (string Name, string Body)[] standIns)
    {
        File.Delete(Path.Combine(_tools, "npm"));
        foreach (var tool in new[] { "bash", "dirname", "env", "grep", "sed" })
            File.CreateSymbolicLink(Path.Combine(_tools, tool), $"/usr/bin/{tool}");
        foreach (var (name, body) in standIns)
            Scripts.Write(Path.Combine(_tools, name), $"#!/usr/bin/env bash\n{body}\n");
    }

    private Task<(int Code, string Output, string Error)> RunAsync(string[] arguments, Dictionary<string, string?> environment)
    {
        environment["PATH"] = _tools + ":/usr/bin:/bin";
        return Scripts.RunAsync(Path.Combine(_root, "run.sh"), arguments, "/", environment);
    }

    private async Task<Dictionary<string, string>> SeenAsync(string program) =>
        (await File.ReadAllLinesAsync(Path.Combine(_root, program + ".env"))).Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2).DistinctBy(pair => pair[0]).ToDictionary(pair => pair[0], pair => pair[1]);
}
