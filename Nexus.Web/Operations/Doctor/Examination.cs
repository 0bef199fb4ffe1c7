using Microsoft.Extensions.Options;
using Nexus.Web.Listening;
using Nexus.Web.Operations.Health;
using Nexus.Web.Operations.Health.Probes;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Doctor;

/// <summary>Looks at everything that a start needs and a running Nexus leans on, in the order in which one thing needs the other. Each look ends within its time.</summary>
internal sealed class Examination(IServiceProvider services, UsableSettings settings)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(6);
    private readonly List<Diagnosis> _lines = [];

    public async Task<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellation)
    {
        _lines.Add(Diagnosis.Of("configuration", "Configuration", settings.Finding));
        var ports = new PortsCheck(services.GetRequiredService<IOptions<ListeningOptions>>());
        await AddAsync("proxy-port", "Proxy's port", limit => ports.LookAsync(Listener.Proxy, limit), cancellation);
        await AddAsync("dashboard-port", "Dashboard's port", limit => ports.LookAsync(Listener.Dashboard, limit), cancellation);
        await AddAsync(services.GetRequiredService<PermissionsProbe>(), cancellation);
        await AddAsync(services.GetRequiredService<DiskProbe>(), cancellation);
        await AddAsync(services.GetRequiredService<MemoryProbe>(), cancellation);
        await AddAsync("names", "Names", ActivatorUtilities.CreateInstance<NamesCheck>(services).LookAsync, cancellation);
        var database = await DatabaseAsync(ports.Running is not null, cancellation);
        await AddAsync(services.GetRequiredService<CredentialsProbe>(), cancellation);
        var upstream = services.GetRequiredService<UpstreamProbe>();
        await AddAsync(upstream, cancellation);
        await AddAsync("clock", "Clock", _ => Task.FromResult(ClockProbe.Judge(database?.ClockOffset, upstream.ClockOffset)), cancellation);
        var backups = services.GetRequiredService<BackupsProbe>();
        await AddAsync(backups.Name, backups.Title, database is null ? backups.LookAtFilesAsync : backups.LookAsync, cancellation);
        if (services.GetService<CertificateProbe>() is { } certificate)
            await AddAsync(certificate, cancellation);
        return _lines;
    }

    /// <returns>What has asked the server; null when there is none that could be asked.</returns>
    private async Task<DatabaseProbe?> DatabaseAsync(bool nexusRuns, CancellationToken cancellation)
    {
        // The classes of storage write a port and a password for a private server that is not there yet: a look must not.
        if (services.GetRequiredService<IOptions<StorageOptions>>().Value.DatabaseUrl.Length == 0
            && ActivatorUtilities.CreateInstance<PrivateServerCheck>(services).Look(nexusRuns) is { } finding)
        {
            _lines.Add(Diagnosis.Of("database", "Database", finding));
            return null;
        }

        var probe = services.GetRequiredService<DatabaseProbe>();
        await AddAsync(probe, cancellation);
        return probe;
    }

    private Task AddAsync(IProbe probe, CancellationToken cancellation) => AddAsync(probe.Name, probe.Title, probe.LookAsync, cancellation);

    private async Task AddAsync(string name, string title, Func<CancellationToken, Task<Finding>> look, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limit);
        _lines.Add(Diagnosis.Of(name, title, await ProbeCheck.LookAsync(title, look, limit.Token)));
    }
}
