using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Nexus.Web.Listening;

/// <summary>How this process reaches itself.</summary>
internal static class OwnAddress
{
    /// <summary>The proxy's listener, which is bound first.</summary>
    public static Uri OfProxy(IServer server)
    {
        var bound = new Uri(server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First().Replace("//[::]", "//localhost", StringComparison.Ordinal).Replace("//*", "//localhost", StringComparison.Ordinal).Replace("//+", "//localhost", StringComparison.Ordinal));
        return bound.Host == "0.0.0.0" ? new UriBuilder(bound) { Host = "127.0.0.1" }.Uri : bound;
    }
}
