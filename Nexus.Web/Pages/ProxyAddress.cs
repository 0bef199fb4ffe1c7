using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Nexus.Web.Listening;
using Nexus.Web.Proxy;

namespace Nexus.Web.Pages;

/// <summary>The address to give to clients: PUBLIC_URL, else the host that the viewer reached the dashboard under, with the proxy's port.</summary>
internal sealed class ProxyAddress(IServer server, IOptions<ListeningOptions> options, IOptions<ProxyOptions> proxy)
{
    public string For(HttpRequest request) => proxy.Value.PublicUrl is { Length: > 0 } given ? given.TrimEnd('/') : $"http://{Host(request)}:{Port}";

    /// <summary>Under a domain's own name, which says its port where it is part of the name.</summary>
    public string ForDomain(string domain) => domain.LastIndexOf(':') > domain.LastIndexOf(']') ? "http://" + domain : $"http://{domain}:{Port}";

    private static string Host(HttpRequest request) => request.Host.Host is { Length: > 0 } host ? host : "localhost";

    /// <summary>The listeners are bound in the order proxy, dashboard; a configured 0 is a port that the system chose.</summary>
    private int Port => options.Value.ProxyPort > 0
        ? options.Value.ProxyPort
        : server.Features.Get<IServerAddressesFeature>()?.Addresses.Select(address => new Uri(address).Port).FirstOrDefault() ?? 0;
}
