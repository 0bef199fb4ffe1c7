using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Configuration;
using Nexus.Web.Conformance;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Listening;

public sealed class TlsTests : IAsyncLifetime
{
    private readonly string _home = Directory.CreateTempSubdirectory("nexus-tls-").FullName;
    private FakeAnthropic _upstream = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", "{}"u8.ToArray());
    }

    public async Task DisposeAsync()
    {
        await _upstream.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    [Fact]
    public async Task Both_ports_speak_TLS_and_a_renewed_certificate_is_served_without_a_restart()
    {
        Make("first.example");
        await using var nexus = await NexusApp.StartAsync(_upstream, settings: [("TLS_CERT_FILE", Path.Combine(_home, "tls.crt")), ("TLS_KEY_FILE", Path.Combine(_home, "tls.key"))]);
        Assert.Equal(("https", "https"), (nexus.Proxy.BaseAddress!.Scheme, nexus.Dashboard.BaseAddress!.Scheme));
        foreach (var port in new[] { nexus.Proxy.BaseAddress, nexus.Dashboard.BaseAddress })
            Assert.Equal("CN=first.example", await ServedAsync(port!));
        // A renewal in two steps: between them the files do not fit, and the old certificate is served on.
        var old = File.ReadAllText(Path.Combine(_home, "tls.key"));
        Make("second.example");
        var key = File.ReadAllText(Path.Combine(_home, "tls.key"));
        File.WriteAllText(Path.Combine(_home, "tls.key"), old);
        File.WriteAllText(Path.Combine(_home, "tls.key"), key);
        await NexusApp.UntilAsync(async () => await ServedAsync(nexus.Proxy.BaseAddress) == "CN=second.example", "the renewed certificate is served");
    }

    [Fact]
    public async Task Nexus_reaches_its_own_port_over_TLS_whatever_name_is_in_the_certificate()
    {
        Make("first.example");
        await using var nexus = await NexusApp.StartAsync(_upstream, settings: [("TLS_CERT_FILE", Path.Combine(_home, "tls.crt")), ("TLS_KEY_FILE", Path.Combine(_home, "tls.key"))]);
        var report = await nexus.Services.GetRequiredService<ConformanceRun>().RunAsync(null, CancellationToken.None);
        Assert.Equal("", string.Join('\n', report!.Checks.Where(check => !check.Passed).Select(check => $"{check.Name}: {string.Join("; ", check.Problems)}")));
    }

    [Fact]
    public void Files_that_make_no_certificate_are_named_at_start()
    {
        Make("first.example");
        File.WriteAllText(Path.Combine(_home, "other.key"), RSA.Create(2048).ExportPkcs8PrivateKeyPem());
        var values = new Dictionary<string, string?> { ["DATA_DIR"] = _home, ["HOST"] = "127.0.0.1", ["PROXY_PORT"] = "0", ["DASHBOARD_PORT"] = "0", ["TLS_CERT_FILE"] = Path.Combine(_home, "tls.crt"), ["TLS_KEY_FILE"] = Path.Combine(_home, "other.key") };
        Assert.Contains("TLS_KEY_FILE", Assert.Throws<ConfigurationProblemsException>(() => Program.Build([], values)).Message, StringComparison.Ordinal);
        values.Remove("TLS_KEY_FILE");
        Assert.Contains("belong together", Assert.Throws<ConfigurationProblemsException>(() => Program.Build([], values)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whom_a_proxy_hands_on_is_not_on_this_machine_whatever_it_says()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync(), null, ("TRUSTED_PROXIES", "127.0.0.1"), ("TOKEN_STATS_ALLOW", "203.0.113.7"));
        await nexus.ReadyAsync();
        foreach (var (forwarded, status) in new[] { ("203.0.113.7", HttpStatusCode.Unauthorized), ("127.0.0.9, 203.0.113.8, 127.0.0.1", HttpStatusCode.Unauthorized), (null, HttpStatusCode.OK) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/token-stats");
            if (forwarded is not null)
                request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwarded);
            using var answer = await nexus.Proxy.SendAsync(request);
            Assert.Equal((forwarded, status), (forwarded, answer.StatusCode));
        }
    }

    [Theory]
    [InlineData("127.0.0.1", "203.0.113.7", "203.0.113.7")]
    [InlineData("127.0.0.0/8", "198.51.100.1, 203.0.113.7, 127.0.0.9", "203.0.113.7")]
    [InlineData("127.0.0.1", "rubbish, 203.0.113.7:5000", "203.0.113.7")]
    [InlineData("192.0.2.1", "203.0.113.7", "127.0.0.1")]
    [InlineData("", "203.0.113.7", "127.0.0.1")]
    public async Task Only_a_trusted_proxy_says_who_calls(string trusted, string forwarded, string caller)
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync(), null, ("TRUSTED_PROXIES", trusted), NexusApp.Pays("team.example.com", """{"type":"api_key","api_key":"sk-ant-team","client_api_key":"cnp_live_k"}"""));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new StringContent("{}") };
        request.Headers.Host = "inner.local";
        request.Headers.TryAddWithoutValidation("x-api-key", "cnp_live_k");
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", forwarded);
        request.Headers.TryAddWithoutValidation("X-Forwarded-Host", "team.example.com");
        using var answer = await nexus.Proxy.SendAsync(request);
        var isTrusted = caller != "127.0.0.1";
        // The host decides whose key it is: a stranger's word for it does not.
        Assert.Equal(isTrusted ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, answer.StatusCode);
        if (isTrusted)
            Assert.DoesNotContain(_upstream.Requests.Single().Headers, header => header.Key.StartsWith("X-Forwarded", StringComparison.OrdinalIgnoreCase));
    }

    private static async Task<string> ServedAsync(Uri port)
    {
        string subject = "";
        using var client = new HttpClient(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, _, _) => (subject = certificate!.Subject).Length > 0 } });
        using var health = await client.GetAsync(new Uri(port, "/health/live"));
        Assert.True((bool)JsonNode.Parse(await health.Content.ReadAsStringAsync())!["alive"]!);
        return subject;
    }

    private void Make(string name)
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        File.WriteAllText(Path.Combine(_home, "tls.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_home, "tls.key"), key.ExportPkcs8PrivateKeyPem());
    }
}
