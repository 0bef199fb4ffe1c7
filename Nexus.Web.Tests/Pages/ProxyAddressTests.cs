using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Pages;
using Xunit;

namespace Nexus.Web.Tests.Pages;

/// <summary>What the snippets tell clients, by the settings; nothing is started.</summary>
public sealed class ProxyAddressTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("nexus-address-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Theory]
    [InlineData("", "http://gate.example:3000", "http://team.example:3000", "http://team.example:8443")]
    [InlineData("PROXY_PUBLIC_PORT=8080", "http://gate.example:8080", "http://team.example:8080", "http://team.example:8443")]
    [InlineData("PROXY_PUBLIC_PORT=80", "http://gate.example", "http://team.example", "http://team.example:8443")]
    [InlineData("TLS", "https://gate.example:3000", "https://team.example:3000", "https://team.example:8443")]
    [InlineData("TLS PROXY_PUBLIC_PORT=443", "https://gate.example", "https://team.example", "https://team.example:8443")]
    [InlineData("TLS PROXY_PUBLIC_PORT=80", "https://gate.example:80", "https://team.example:80", "https://team.example:8443")]
    [InlineData("PUBLIC_URL=https://nexus.example/claude/", "https://nexus.example/claude", "https://team.example/claude", "https://team.example:8443/claude")]
    [InlineData("TLS PROXY_PUBLIC_PORT=8080 PUBLIC_URL=http://nexus.example:81", "http://nexus.example:81", "http://team.example:81", "http://team.example:8443")]
    public async Task Clients_are_told_the_proxy_s_scheme_and_published_port_or_what_PUBLIC_URL_says(string settings, string address, string ofDomain, string ofDomainWithPort)
    {
        var values = new Dictionary<string, string?> { ["DATA_DIR"] = _home, ["HOST"] = "127.0.0.1", ["PROXY_PORT"] = "3000", ["DASHBOARD_PORT"] = "3001" };
        foreach (var setting in settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(setting => setting.Split('=')))
        {
            if (setting is [var name, var value])
                values[name] = value;
            else
                UseCertificate(values);
        }

        await using var app = Program.Build([], values);
        var proxy = app.Services.GetRequiredService<ProxyAddress>();
        // As behind a proxy that speaks TLS before the dashboard: what it has there says nothing of the proxy's port.
        var request = new DefaultHttpContext { Request = { Scheme = "https", Host = new HostString("gate.example", 9443) } }.Request;
        Assert.Equal((address, ofDomain, ofDomainWithPort), (proxy.For(request), proxy.ForDomain("team.example"), proxy.ForDomain("team.example:8443")));
    }

    private void UseCertificate(Dictionary<string, string?> values)
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=gate.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        File.WriteAllText((values["TLS_CERT_FILE"] = Path.Combine(_home, "tls.crt"))!, certificate.ExportCertificatePem());
        File.WriteAllText((values["TLS_KEY_FILE"] = Path.Combine(_home, "tls.key"))!, key.ExportPkcs8PrivateKeyPem());
    }
}
