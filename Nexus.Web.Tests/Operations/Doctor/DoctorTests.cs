using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Cli;
using Nexus.Web.Operations.Doctor;
using Nexus.Web.Operations.Health;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Operations.Doctor;

public sealed class DoctorTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-doctor-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task With_all_that_a_start_needs_each_line_is_fine_and_nothing_is_changed()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("text/plain", []);
        var lines = await ExamineAsync(("DATABASE_URL", await Postgres.NewDatabaseAsync()), ("CLAUDE_API_BASE_URL", upstream.Url), ("HEALTH_UPSTREAM_SECONDS", "60"));
        Assert.Equal(["configuration", "proxy-port", "dashboard-port", "permissions", "disk", "memory", "names", "database", "credentials", "upstream", "clock", "backups"], lines.Select(line => line.Name));
        // The machine's own disk and memory are as they are.
        Assert.All(lines.Where(line => line.Name is not ("disk" or "memory" or "backups")), line => Assert.True(line.State == "ok", line.ToString()));
        Assert.All(lines, line => Assert.Equal(line.State == "ok", line.Fix is null));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory));
    }

    [Fact]
    public async Task What_keeps_nexus_from_starting_is_told_and_the_rest_is_looked_at_all_the_same()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var lines = await ExamineAsync(
            ("PROXY_PORT", "three thousand"), ("DASHBOARD_PORT", port.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("RETENTION_LEDGER", "soon"),
            ("DATABASE_URL", "postgres://nexus:hunter2-the-password@nowhere.invalid/claude_proxy"), ("CLAUDE_API_BASE_URL", "http://127.0.0.1:9"), ("HEALTH_UPSTREAM_SECONDS", "60"));
        var configuration = Line("configuration");
        Assert.Equal("failure", configuration.State);
        Assert.Contains("PROXY_PORT is 'three thousand'", configuration.Summary, StringComparison.Ordinal);
        Assert.Contains("RETENTION_LEDGER is 'soon'", configuration.Summary, StringComparison.Ordinal);
        Assert.Equal("ok", Line("proxy-port").State);
        Assert.Contains("address in use", Line("dashboard-port").Summary, StringComparison.Ordinal);
        Assert.Contains("nowhere.invalid", Line("names").Summary, StringComparison.Ordinal);
        Assert.Equal(("failure", "failure"), (Line("database").State, Line("upstream").State));
        Assert.DoesNotContain("hunter2", string.Concat(lines), StringComparison.Ordinal);

        Diagnosis Line(string name) => lines.Single(line => line.Name == name);
    }

    [Fact]
    public async Task A_private_server_that_is_not_there_yet_is_announced_and_not_made()
    {
        var lines = await ExamineAsync(("DATABASE_URL", ""));
        var database = lines.Single(line => line.Name == "database");
        Assert.Equal("ok", database.State);
        Assert.Contains("The first start makes a private one", database.Summary, StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(_directory, "postgres", "cluster"));
        File.WriteAllText(Path.Combine(_directory, "postgres", "cluster", "PG_VERSION"), "9\n");
        Assert.Contains("was made by PostgreSQL 9", (await ExamineAsync(("DATABASE_URL", ""))).Single(line => line.Name == "database").Summary, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_directory, "postgres", "port")));
    }

    [Fact]
    public async Task The_command_knows_a_running_nexus_and_tells_scripts_by_json_and_its_exit_code()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        var database = await Postgres.NewDatabaseAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, database);
        await nexus.ReadyAsync();
        (string, string)[] settings = [("PROXY_PORT", Port(nexus.Proxy)), ("DASHBOARD_PORT", Port(nexus.Dashboard)), ("DATABASE_URL", database)];
        var (code, said) = await RunAsync(["doctor", "--json"], settings);
        var json = JsonNode.Parse(said)!;
        Assert.Equal(json["healthy"]!.GetValue<bool>() ? 0 : 1, code);
        Assert.Contains("is healthy", json["checks"]!.AsArray().Single(check => check!["name"]!.GetValue<string>() == "proxy-port")!["summary"]!.GetValue<string>(), StringComparison.Ordinal);

        (code, said) = await RunAsync(["doctor"], [.. settings, ("SLOW_QUERY_THRESHOLD_MS", "slow")]);
        Assert.Equal(1, code);
        Assert.Contains("FAILURE  Configuration", said, StringComparison.Ordinal);
        Assert.Contains("SLOW_QUERY_THRESHOLD_MS is 'slow'", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_is_looked_at_where_there_is_one_by_the_page_and_by_the_doctor_who_knows_nexus_behind_it()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=nexus.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-80), DateTimeOffset.UtcNow.AddDays(10));
        (string Name, string Value)[] tls = [("TLS_CERT_FILE", Path.Combine(_directory, "tls.crt")), ("TLS_KEY_FILE", Path.Combine(_directory, "tls.key"))];
        await File.WriteAllTextAsync(tls[0].Value, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(tls[1].Value, key.ExportPkcs8PrivateKeyPem());
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, settings: tls);
        var board = nexus.Services.GetRequiredService<CheckBoard>();
        await board.RefreshAsync(CancellationToken.None);
        Assert.Equal("warning", board.States.Single(check => check.Name == "certificate").State);
        var lines = await ExamineAsync([.. tls, ("PROXY_PORT", Port(nexus.Proxy)), ("DASHBOARD_PORT", Port(nexus.Dashboard)), ("DATABASE_URL", "postgres://nobody@127.0.0.1:9/x")]);
        Assert.StartsWith("Nexus listens on", lines.Single(line => line.Name == "proxy-port").Summary, StringComparison.Ordinal);
        Assert.Contains("nexus.example is good for", lines.Single(line => line.Name == "certificate").Summary, StringComparison.Ordinal);
    }

    private static string Port(HttpClient client) => client.BaseAddress!.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private Task<IReadOnlyList<Diagnosis>> ExamineAsync(params (string Name, string Value)[] settings) =>
        DoctorCommand.ExamineAsync(Own().Concat(settings).GroupBy(setting => setting.Item1).ToDictionary(group => group.Key, group => (string?)group.Last().Item2), CancellationToken.None);

    private async Task<(int Code, string Output)> RunAsync(string[] arguments, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Nexus.Web"), arguments) { RedirectStandardOutput = true };
        start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(Environment.ProcessPath);
        foreach (var (name, value) in Own().Concat(settings))
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }

    private IEnumerable<(string, string)> Own() =>
        [("HOST", "127.0.0.1"), ("PROXY_PORT", "0"), ("DASHBOARD_PORT", "0"), ("DATA_DIR", _directory), ("CREDENTIALS_DIR", Path.Combine(_directory, "credentials")), ("CLAUDE_API_BASE_URL", "http://127.0.0.1:9"), ("HEALTH_UPSTREAM_SECONDS", "0")];
}
