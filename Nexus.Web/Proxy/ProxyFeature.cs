using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Nexus.Web.Credentials;
using Nexus.Web.Listening;
using Nexus.Web.Proxy.Pooling;
using Yarp.ReverseProxy.Configuration;

namespace Nexus.Web.Proxy;

internal static class ProxyFeature
{
    public static void AddProxy(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ProxyOptions>().BindConfiguration(ProxyOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<BodyBuffering>().AddSingleton<Paying>().AddSingleton<Failover>().AddSingleton<UpstreamChoice>().AddSingleton<AnswerGate>().AddSingleton<Threads>()
            .AddSingleton<Recording>().AddSingleton<InFlightRequests>().AddSingleton<UnknownCallers>().AddSingleton<Forwarding>().AddSingleton<RequestEntry>()
            .AddSingleton<ResultsUrls>().AddSingleton<Answers>().AddSingleton<Draining>().AddSingleton<DrainingLifetime>().AddSingleton<IHostLifetime>(services => services.GetRequiredService<DrainingLifetime>()).AddHostedService<IdleMemory>();
        // Header bytes above 0x7F go through as they came.
        builder.Services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.Limits.MaxRequestHeadersTotalSize = 64 * 1024;
            kestrel.Limits.MaxRequestHeaderCount = 200;
        });
        builder.Services.AddReverseProxy()
            .LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"))
            .AddTransforms(Transforms.Add)
            .ConfigureHttpClient((_, handler) =>
            {
                handler.ActivityHeadersPropagator = null; // no traceparent upstream
                handler.ConnectTimeout = TimeSpan.FromSeconds(10);
                handler.PooledConnectionLifetime = TimeSpan.FromMinutes(10);
            });
        builder.Services.AddSingleton(services => new InMemoryConfigProvider(Upstreams.Routes,
            Upstreams.Clusters(services.GetRequiredService<IOptions<ProxyOptions>>().Value, services.GetRequiredService<CredentialFiles>().Accounts)));
        builder.Services.AddSingleton<IProxyConfigProvider>(services => services.GetRequiredService<InMemoryConfigProvider>());
    }

    public static void UseProxy(this WebApplication app)
    {
        var entry = app.Services.GetRequiredService<RequestEntry>();
        app.Use(next => context => context.Listener() == Listener.Proxy ? entry.HandleAsync(context, next) : next(context));
        var files = app.Services.GetRequiredService<CredentialFiles>();
        var updating = new Lock();
        files.Changed += () =>
        {
            // The later change must not be overtaken by an earlier one's list.
            lock (updating)
                app.Services.GetRequiredService<InMemoryConfigProvider>()
                    .Update(Upstreams.Routes, Upstreams.Clusters(app.Services.GetRequiredService<IOptions<ProxyOptions>>().Value, files.Accounts));
        };
    }

    public static void MapProxy(this WebApplication app)
    {
        // Claude Code asks these two by itself, without a credential.
        app.MapMethods("/api/hello", ["GET", "HEAD"], () => Results.Json(new { status = "ok" })).On(Listener.Proxy).AllowAnonymous();
        app.Map("/api/event_logging/{**rest}", () => Results.Json(new { status = "ok" })).On(Listener.Proxy).AllowAnonymous();
        app.Map("/v1/{**rest}", (HttpContext context) => Refusal.NotFound(context.Request.Path).WriteAsync(context)).On(Listener.Dashboard).AllowAnonymous();
        var forwarding = app.Services.GetRequiredService<Forwarding>();
        var upstreams = app.Services.GetRequiredService<UpstreamChoice>();
        app.MapReverseProxy(pipeline =>
        {
            pipeline.Use(next => context => forwarding.HandleAsync(context, next));
            pipeline.Use(next => async context =>
            {
                if (await upstreams.TryAssignAsync(context))
                    await next(context);
            });
        }).On(Listener.Proxy).ShortCircuit(); // who calls here is for Forwarding to say, not for the dashboard's doors
    }
}
