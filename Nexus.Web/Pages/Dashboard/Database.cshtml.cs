using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Operations.Metrics;
using Nexus.Web.Operations.Resources;
using Nexus.Web.Pages.Shared.Database;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Pages;

/// <summary>The database as PostgreSQL and Nexus see it now: sizes, sessions, what runs and waits, slow statements.</summary>
internal sealed class DatabaseModel(DatabaseLook look, TableGrowth growth, DiskForecast forecast, PoolMetrics pools, LogReader log, IOptions<StorageOptions> storage) : PageModel
{
    private const int MostSlow = 20;

    public Fragment Results { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellation)
    {
        var isPrivate = storage.Value.DatabaseUrl.Length == 0;
        var facts = await look.FactsAsync(cancellation);
        var (trend, perDay) = await growth.ReadAsync(cancellation);
        var disk = isPrivate ? (await forecast.ReadAsync(cancellation)).FirstOrDefault(disk => disk.Name == DiskForecast.PrivateServer) : null;
        var (slow, reason) = await look.SlowAsync(cancellation);
        Results = Fragment.Of<DatabaseResults>(("View", new DatabaseView
        {
            IsPrivate = isPrivate,
            Version = facts.Version,
            Bytes = facts.Bytes,
            PerDay = trend?.PerDay,
            Disk = disk is null ? null : DiskForecastJob.Words(disk),
            MaxConnections = facts.MaxConnections,
            StartedAt = facts.StartedAt,
            CacheHit = facts.CacheHit,
            Deadlocks = facts.Deadlocks,
            TempBytes = facts.TempBytes,
            Autovacuum = facts.Autovacuum,
            Tables = await TablesAsync(perDay, cancellation),
            Indexes = [.. (await look.IndexesAsync(cancellation)).Select(index => new IndexLine(index.Name, index.Table, index.Bytes, index.Scans))],
            Sessions = [.. (await look.SessionsAsync(cancellation)).Select(session => new SessionLine(session.State, session.Here, session.Elsewhere))],
            Pools = [.. pools.Figures().Select(pool => new PoolLine(pool.Name, pool.Used, pool.Idle, pool.Most))],
            Running = [.. (await look.RunningAsync(cancellation)).Select(one => new RunningLine(one.Pid, one.Application, one.State, one.Seconds * 1000, one.Wait, one.Sql))],
            Locks = [.. (await look.LocksAsync(cancellation)).Select(one => new LockLine(one.Pid, one.Lock, one.On, one.Seconds * 1000, one.Sql, string.Join(", ", one.BlockedBy), one.Blocker))],
            Slow = slow?.Select(one => new SlowLine(one.Sql, one.Calls, one.MeanMs, one.TotalMs, one.WorstMs, one.Rows)).ToList(),
            SlowReason = reason,
            ThresholdMs = storage.Value.SlowQueryThresholdMs,
            Own = [.. log.Back(new LogFilter { Source = "Storage.SqlLog", Level = "warn", Text = "slow_query" }, null, MostSlow, cancellation: cancellation).Lines.Select(Own)],
        }));
        return Request.IsHtmx() ? new ComponentResult(Results) : Page();
    }

    /// <summary>Null where sizes wait for somebody's lock: the rest of the page says whose.</summary>
    private async Task<IReadOnlyList<TableLine>?> TablesAsync(IReadOnlyDictionary<string, double> perDay, CancellationToken cancellation)
    {
        try
        {
            return [.. (await look.TablesAsync(cancellation)).Select(table => new TableLine(table.Name, table.Partitions, table.Rows, table.Dead, table.Heap, table.Indexes, table.Toast, table.Total, table.Bloat, table.Vacuumed, table.Analyzed,
                perDay.TryGetValue(table.Name, out var bytes) ? bytes : null))];
        }
        catch (NpgsqlException error) when (error.InnerException is TimeoutException)
        {
            return null;
        }
    }

    private static OwnSlowLine Own(LogLine line)
    {
        string? Value(string name) => line.Rest.FirstOrDefault(pair => pair.Name == name).Value;
        return new(line.At, double.TryParse(Value("durationMs"), System.Globalization.CultureInfo.InvariantCulture, out var milliseconds) ? milliseconds : 0, line.Service, line.RequestId, Value("sql") ?? "");
    }
}
