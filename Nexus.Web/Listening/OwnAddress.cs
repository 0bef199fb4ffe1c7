using System.Net.Security;
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

    /// <summary>Takes the certificate that this process serves, whatever name is in it, since the connection never leaves the machine; any other must be valid.</summary>
    public static SocketsHttpHandler Handler(TlsCertificate certificate) => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        // Who leaves an answer leaves at once, and does not wait whether the rest of it comes.
        ResponseDrainTimeout = TimeSpan.Zero,
        SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, errors) => errors == SslPolicyErrors.None || (certificate.IsOn && shown is not null && shown.GetRawCertData().AsSpan().SequenceEqual(certificate.Current.TargetCertificate.RawData)) },
    };
}
