using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Nexus.Web.Listening;
using Nexus.Web.Operations.Health.Probes;

namespace Nexus.Web.Operations.Health;

internal static class HealthFeature
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public static void AddHealth(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<HealthOptions>().BindConfiguration(HealthOptions.Section);
        builder.Services.AddSingleton<HealthState>().AddSingleton<CheckBoard>().AddSingleton<IHealthCheckPublisher>(services => services.GetRequiredService<CheckBoard>());
        builder.Services.AddSingleton<JobFigures>();
        builder.AddProbes();
        builder.AddProbe<JournalProbe>().AddProbe<JobsProbe>();
        builder.Services.AddHealthChecks();
        builder.Services.AddOptions<HealthCheckServiceOptions>().Configure<IOptions<HealthOptions>, IEnumerable<IProbe>>((checks, options, probes) =>
        {
            foreach (var probe in probes)
                checks.Registrations.Add(new(probe.Name, _ => new ProbeCheck(probe), HealthStatus.Unhealthy, null, Limit) { Period = probe is UpstreamProbe ? options.Value.UpstreamPeriod : null });
        });
        builder.Services.AddOptions<HealthCheckPublisherOptions>().Configure<IOptions<HealthOptions>>((publisher, options) =>
        {
            publisher.Delay = TimeSpan.FromSeconds(2);
            publisher.Period = TimeSpan.FromSeconds(options.Value.Seconds);
        });
    }

    /// <summary>Those that need nothing of a running Nexus: <c>nexus doctor</c> has them, too.</summary>
    public static void AddProbes(this WebApplicationBuilder builder)
    {
        builder.AddProbe<DatabaseProbe>().AddProbe<DiskProbe>().AddProbe<MemoryProbe>().AddProbe<PermissionsProbe>().AddProbe<CredentialsProbe>().AddProbe<UpstreamProbe>().AddProbe<ClockProbe>().AddProbe<BackupsProbe>();
        if (builder.Configuration.GetSection(ListeningOptions.Section).Get<ListeningOptions>()!.TlsCertificateFile.Length == 0)
            return;
        builder.Services.TryAddSingleton<TlsCertificate>();
        builder.AddProbe<CertificateProbe>();
    }

    private static WebApplicationBuilder AddProbe<T>(this WebApplicationBuilder builder)
        where T : class, IProbe
    {
        builder.Services.AddSingleton<T>().AddSingleton<IProbe>(services => services.GetRequiredService<T>());
        return builder;
    }
}

internal sealed class HealthOptions
{
    public const string Section = "Health";

    /// <summary>From one look at everything to the next.</summary>
    public int Seconds { get; set; }

    /// <summary>From one question to the upstream to the next; 0: it is not asked.</summary>
    public int UpstreamSeconds { get; set; }

    public TimeSpan UpstreamPeriod => TimeSpan.FromSeconds(UpstreamSeconds > 0 ? UpstreamSeconds : 3600);
}
