using System.Globalization;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Nexus.Web.Listening;
using Nexus.Web.Proxy;

namespace Nexus.Web.Pages;

/// <summary>
/// The address to give to clients: PUBLIC_URL, else the host that the viewer reached the dashboard under, with the proxy's own scheme and
/// published port. How the viewer's scheme and port came about says nothing of the proxy's: a proxy before the dashboard may have none before the proxy.
/// </summary>
internal sealed class ProxyAddress(IServer server, IOptions<ListeningOptions> options, IOptions<ProxyOptions> proxy, TlsCertificate certificate)
{
    private string Given => proxy.Value.PublicUrl.TrimEnd('/');

    private string Scheme => certificate.IsOn ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;

    /// <summary>The listeners are bound in the order proxy, dashboard; a configured 0 is a port that the system chose.</summary>
    private int Port => (options.Value.ProxyPublicPort, options.Value.ProxyPort) switch
    {
        ( > 0 and var published, _) => published,
        (_, > 0 and var bound) => bound,
        _ => server.Features.Get<IServerAddressesFeature>()?.Addresses.Select(address => new Uri(address).Port).FirstOrDefault() ?? 0,
    };

    public string For(HttpRequest request) => Given is { Length: > 0 } given ? given : $"{Scheme}://{Host(request)}{Suffix(Scheme, Port)}";

    /// <summary>Under a domain's own name, which says its port where it is part of the name; PUBLIC_URL gives the rest.</summary>
    public string ForDomain(string domain)
    {
        var (scheme, suffix, path) = Given is { Length: > 0 } given && new Uri(given) is var url
            ? (url.Scheme, Suffix(url.Scheme, url.Port), url.AbsolutePath.TrimEnd('/'))
            : (Scheme, Suffix(Scheme, Port), "");
        return $"{scheme}://{domain}{(domain.LastIndexOf(':') > domain.LastIndexOf(']') ? "" : suffix)}{path}";
    }

    private static string Host(HttpRequest request) => request.Host.Host is { Length: > 0 } host ? host : "localhost";

    private static string Suffix(string scheme, int port) =>
        port == (scheme == Uri.UriSchemeHttps ? 443 : 80) ? "" : string.Create(CultureInfo.InvariantCulture, $":{port}");
}
