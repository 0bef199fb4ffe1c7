using Nexus.Web.Access;
using Nexus.Web.Listening;
using Nexus.Web.Operations.Health;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Nexus.Web.Operations.Metrics;

/// <summary>Metrics for Prometheus at /metrics; with OTEL_EXPORTER_OTLP_ENDPOINT set, metrics and spans are sent there too.</summary>
internal static class MetricsFeature
{
    /// <summary>.NET's own instruments and Npgsql's. Of each metric OpenTelemetry keeps at most 2,000 combinations of labels.</summary>
    private static readonly string[] Meters =
        [NexusMeter.Name, "System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", PoolMetrics.Npgsql];

    /// <summary>Left out: one line for each address of the upstream, and what only connection pools' authors look at.</summary>
    private static readonly string[] Dropped =
        ["http.client.open_connections", "http.client.connection.duration", "http.client.request.time_in_queue", "http.client.active_requests", "kestrel.connection.duration", "kestrel.tls_handshake.duration"];

    /// <summary>Of Npgsql's instruments, without the pool: scratch databases have one each. <see cref="PoolMetrics"/> tells the pools' connections.</summary>
    private static readonly string[] OfDatabase = ["db.client.operation.duration", "db.client.operation.failed", "db.client.connection.timeouts"];

    public static void AddMetrics(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<MetricsOptions>().BindConfiguration(MetricsOptions.Section);
        builder.Services.AddSingleton<NexusMeter>().AddSingleton<RequestMetrics>().AddSingleton<NodeMetrics>().AddSingleton<RequestSpans>().AddSingleton<AccountMetrics>().AddSingleton<HealthMetrics>().AddSingleton<PoolMetrics>();
        HandOver(builder.Configuration);
        var otlp = Sends(builder.Configuration, "METRICS");
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("claude-nexus-proxy", serviceVersion: HealthState.Version, serviceInstanceId: Environment.MachineName).AddEnvironmentVariableDetector())
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Meters);
                foreach (var name in Dropped)
                    metrics.AddView(name, MetricStreamConfiguration.Drop);
                metrics.AddView(instrument => instrument.Meter.Name != PoolMetrics.Npgsql ? null
                    : OfDatabase.Contains(instrument.Name) ? new MetricStreamConfiguration { TagKeys = ["error.type"] } : MetricStreamConfiguration.Drop);
                metrics.AddPrometheusExporter();
                if (otlp)
                    metrics.AddOtlpExporter();
            });
        if (Sends(builder.Configuration, "TRACES"))
            telemetry.WithTracing(traces => traces
                .AddSource(NexusMeter.Name, "Npgsql")
                .AddAspNetCoreInstrumentation(pages => pages.Filter = IsPage)
                .AddProcessor(new LonelyStatements())
                .AddOtlpExporter());
    }

    public static void MapMetrics(this WebApplication app)
    {
        app.Services.GetRequiredService<NodeMetrics>();
        app.Services.GetRequiredService<HealthMetrics>();
        app.Services.GetRequiredService<PoolMetrics>();
        app.MapPrometheusScrapingEndpoint("/metrics").On(Listener.Dashboard).WithMetadata(new TakesMetricsToken()).DisableHttpMetrics()
            .RequireAuthorization(Policies.ApiKey);
    }

    /// <summary>To where OpenTelemetry reads them, beside all its other variables.</summary>
    private static void HandOver(ConfigurationManager configuration)
    {
        var options = configuration.GetSection(MetricsOptions.Section).Get<MetricsOptions>()!;
        if (options.OtlpEndpoint.Length == 0)
            return;
        configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] = options.OtlpEndpoint;
        configuration["OTEL_EXPORTER_OTLP_PROTOCOL"] = options.OtlpProtocol;
        configuration["OTEL_EXPORTER_OTLP_HEADERS"] = options.OtlpHeaders;
    }

    private static bool Sends(ConfigurationManager configuration, string signal) =>
        configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 } || configuration[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"] is { Length: > 0 };

    /// <summary>Pages and the API have spans of their own; requests through the proxy get theirs from <see cref="RequestSpans"/>.</summary>
    private static bool IsPage(HttpContext context) =>
        context.Listener() == Listener.Dashboard && (context.Request.Path.StartsWithSegments("/dashboard") || context.Request.Path.StartsWithSegments("/api")) && !context.Request.Path.StartsWithSegments("/dashboard/live");
}
