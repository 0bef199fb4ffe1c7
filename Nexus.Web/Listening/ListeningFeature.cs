using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Nexus.Web.Listening;

internal static class ListeningFeature
{
    public static void AddListening(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ListeningOptions>().BindConfiguration(ListeningOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, ListenerMatcherPolicy>());
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<ListeningOptions>>((kestrel, listening) => Listen(kestrel, listening.Value));
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<ListeningOptions>>((host, listening) =>
            host.ShutdownTimeout = TimeSpan.FromSeconds(listening.Value.ShutdownGraceSeconds + 10));
    }


    private static void Listen(KestrelServerOptions kestrel, ListeningOptions options)
    {
        kestrel.AddServerHeader = false;
        // A model may think for minutes between bytes, and an upload may come over a slow line: no minimum rates.
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.MaxRequestBodySize = null;
        Bind(kestrel, options.Host, options.ProxyPort, Listener.Proxy);
        Bind(kestrel, options.Host, options.DashboardPort, Listener.Dashboard);
    }

    private static void Bind(KestrelServerOptions kestrel, string host, int port, Listener listener)
    {
        var address = host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(host);
        kestrel.Listen(address, port, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http1;
            var feature = new ListenerFeature(listener);
            endpoint.Use(next => connection =>
            {
                connection.Features.Set(feature);
                return next(connection);
            });
        });
    }
}
