using Nexus.Web.Credentials;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Nexus.Web.Proxy;

/// <summary>YARP's routes and clusters: one route for /v1, one cluster per base URL that an account names.</summary>
internal static class Upstreams
{
    public const string Default = "claude";

    public static RouteConfig[] Routes { get; } =
    [
        new()
        {
            RouteId = "claude-v1",
            ClusterId = Default,
            Match = new RouteMatch { Path = "/v1/{**rest}" },
            AuthorizationPolicy = "Anonymous", // the pipeline's own access step decides
        },
    ];

    public static ClusterConfig[] Clusters(ProxyOptions options, IEnumerable<Account> accounts) =>
        [.. accounts.Select(account => account.BaseUrl).OfType<Uri>().DistinctBy(IdOf)
            .Select(url => Cluster(IdOf(url), url, options))
            .Prepend(Cluster(Default, options.UpstreamBaseUrl, options))];

    /// <summary>YARP tells ids apart without case, which paths do not: <c>/A</c> is written <c>/^a</c>.</summary>
    public static string IdOf(Uri? baseUrl) => baseUrl is null ? Default
        : Default + " at " + string.Concat(baseUrl.AbsoluteUri.Select(letter => char.IsAsciiLetterUpper(letter) ? "^" + char.ToLowerInvariant(letter) : letter.ToString()));

    private static ClusterConfig Cluster(string id, Uri url, ProxyOptions options) => new()
    {
        ClusterId = id,
        Destinations = new Dictionary<string, DestinationConfig> { ["upstream"] = new() { Address = url.AbsoluteUri } },
        HttpRequest = new ForwarderRequestConfig
        {
            ActivityTimeout = TimeSpan.FromMilliseconds(options.IdleTimeoutMs),
            // One version on both sides: HTTP/1.1 has no pseudo headers, no flow-control windows and no header compression to differ in.
            Version = System.Net.HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        },
        HttpClient = new HttpClientConfig { RequestHeaderEncoding = "latin1", ResponseHeaderEncoding = "latin1" },
    };
}
