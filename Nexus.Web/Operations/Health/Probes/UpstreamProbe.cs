using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Options;
using Nexus.Web.Credentials;
using Nexus.Web.Proxy;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>Whether the upstreams can be reached: a HEAD of their root, which needs no credential and costs nothing.</summary>
internal sealed class UpstreamProbe(CredentialFiles files, IOptions<ProxyOptions> proxy, IOptions<HealthOptions> options, TimeProvider time) : IProbe, IDisposable
{
    public const string UserAgent = "nexus-health";

    // As the requests that are forwarded go: straight, whatever the environment says of proxies.
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(4), PooledConnectionLifetime = TimeSpan.FromMinutes(1), ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator() });

    public string Name => "upstream";

    public string Title => "Upstream";

    /// <summary>How far the upstream's clock is ahead of this machine's, to the second; null until it has said.</summary>
    public TimeSpan? ClockOffset { get; private set; }

    public void Dispose() => _client.Dispose();

    public async Task<Finding> LookAsync(CancellationToken cancellation)
    {
        if (options.Value.UpstreamSeconds == 0)
            return Finding.Ok("It is not asked (HEALTH_UPSTREAM_SECONDS=0).");
        var findings = new List<Finding>();
        foreach (var url in files.Accounts.Select(account => account.BaseUrl).OfType<Uri>().Prepend(proxy.Value.UpstreamBaseUrl).Distinct())
            findings.Add(await AskAsync(url, cancellation));
        return findings.MinBy(finding => finding.Status)!;
    }

    private async Task<Finding> AskAsync(Uri url, CancellationToken cancellation)
    {
        var where = url.GetLeftPart(UriPartial.Authority);
        var begun = time.GetTimestamp();
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, url);
            request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            var took = time.GetElapsedTime(begun);
            if (response.Headers.Date is { } date)
                ClockOffset = date - time.GetUtcNow() + (took / 2);
            // Any answer will do: the root is nobody's to serve.
            var words = string.Create(CultureInfo.InvariantCulture, $"{where} answers in {took.TotalMilliseconds:0} ms");
            return (int)response.StatusCode >= 500 && (int)response.StatusCode != 599
                ? Finding.Warning($"{words}, with {(int)response.StatusCode}.", "Requests fail upstream. Look at Anthropic's status page, or at the gateway that CLAUDE_API_BASE_URL names.")
                : Finding.Ok($"{words}.");
        }
        catch (HttpRequestException error)
        {
            return Finding.Failure($"{where} cannot be reached: {error.GetBaseException().Message}.", error.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError => "Check the name in CLAUDE_API_BASE_URL and this machine's DNS (/etc/resolv.conf).",
                HttpRequestError.SecureConnectionError => "Check the certificate: this machine's clock, its ca-certificates, and whether a firewall opens TLS connections.",
                _ => "Check CLAUDE_API_BASE_URL, and that a firewall lets this machine out.",
            });
        }
    }
}
