using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Nexus.Web.Access.SignIn;
using Nexus.Web.Proxy;

namespace Nexus.Web.Listening;

internal static class ListeningFeature
{
    public static void AddListening(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ListeningOptions>().BindConfiguration(ListeningOptions.Section);
        builder.Services.AddHostedService<StartLog>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, ListenerMatcherPolicy>());
        builder.Services.AddSingleton<TrustedProxies>().AddSingleton<TlsCertificate>().AddHostedService(services => services.GetRequiredService<TlsCertificate>());
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<ListeningOptions>, TlsCertificate>((kestrel, listening, certificate) => Listen(kestrel, listening.Value, certificate));
        // The grace for streams is over when the host begins to stop (DrainingLifetime): this bounds what else is open.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
    }

    /// <summary>Before everything else: who calls, where a proxy of the operator's own stands between.</summary>
    public static void UseTrustedProxies(this WebApplication app)
    {
        var proxies = app.Services.GetRequiredService<TrustedProxies>();
        if (!proxies.IsOn)
            return;
        app.Use(next => context =>
        {
            proxies.Apply(context);
            return next(context);
        });
    }

    /// <summary>
    /// Routing, then authentication. What the proxy's port does not serve is unknown there, in Anthropic's envelope: the closed
    /// fallback policy would answer it in the dashboard's words, and say that there is a door.
    /// </summary>
    public static void UseListenerRouting(this WebApplication app)
    {
        app.UseRouting();
        app.Use(next => context => context.Listener() == Listener.Proxy && !IsServed(context)
            ? Refusal.NotFound(context.Request.Path).WriteAsync(context)
            : next(context));
        // Whoever comes back from an OpenID provider comes to the dashboard: nothing of it runs on proxied traffic.
        app.UseWhen(context => context.Listener() == Listener.Dashboard, dashboard => dashboard.UseAuthentication());
        // As UseAuthentication marks it; without the mark the host would add it for both ports.
        ((IApplicationBuilder)app).Properties["__AuthenticationMiddlewareSet"] = true;
        app.UseAuthorization();
        app.Use(next => context =>
        {
            // A page binds a form before the address, which is what was decided about and what the audit log names.
            if (context.Listener() == Listener.Dashboard && HttpMethods.IsGet(context.Request.Method))
                context.Request.ContentType = null;
            return SessionCookie.FollowAsync(context, next);
        });
    }

    /// <summary>
    /// Not served either is what routing answers itself, such as a method that an endpoint does not take, and a fallback: the
    /// one for static files in development belongs to no listener.
    /// </summary>
    private static bool IsServed(HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint { Order: < int.MaxValue } endpoint && (endpoint.Metadata.GetMetadata<ServedOn>()?.Listener ?? Listener.Proxy) == Listener.Proxy;

    private static void Listen(KestrelServerOptions kestrel, ListeningOptions options, TlsCertificate certificate)
    {
        kestrel.AddServerHeader = false;
        // A model may think for minutes between bytes, and an upload may come over a slow line: no minimum rates.
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxRequestLineSize = 64 * 1024;
        Bind(kestrel, options.Host, options.ProxyPort, Listener.Proxy, certificate);
        Bind(kestrel, options.Host, options.DashboardPort, Listener.Dashboard, certificate);
    }

    private static void Bind(KestrelServerOptions kestrel, string host, int port, Listener listener, TlsCertificate certificate)
    {
        kestrel.Listen(Ports.AddressOf(host), port, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http1;
            var feature = new ListenerFeature(listener);
            endpoint.Use(next => connection =>
            {
                connection.Features.Set(feature);
                return next(connection);
            });
            if (certificate.IsOn)
                endpoint.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = certificate.Current }) });
        });
    }
}
