using Microsoft.EntityFrameworkCore;
using Nexus.Web.Access.Limits;
using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Usage.Accounting;

/// <param name="Done">Everything before it is made anew.</param>
internal readonly record struct RebuildProgress(DateTimeOffset Done, DateTimeOffset Until, long Rows);

/// <summary>
/// Makes the rollups of a stretch of time anew from the ledger, a quarter of an hour at a time, each in a transaction that holds
/// the accounting lock alone, so that ingest goes on in between; then the limit counters from the rollups. Time whose ledger
/// rows are gone keeps its rollups. Tools are not in the ledger: usage_tools_15m stays as it is.
/// </summary>
internal static class UsageRebuild
{
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(15);

    /// <param name="from">Null: from the oldest row on.</param>
    /// <param name="until">Null: up to now.</param>
    /// <returns>Ledger rows that were counted.</returns>
    public static async Task<long> RunAsync(NpgsqlDataSource source, DateTimeOffset? from, DateTimeOffset? until, DateTimeOffset now, Action<RebuildProgress> progress, CancellationToken cancellation)
    {
        await using var db = new NexusDbContext(NexusDbOptions.Of(source));
        await db.Database.OpenConnectionAsync(cancellation);
        var connection = (NpgsqlConnection)db.Database.GetDbConnection();
        if (await db.Requests.OrderBy(row => row.StartedAt).Select(row => (DateTimeOffset?)row.StartedAt).FirstOrDefaultAsync(cancellation) is not { } oldest)
            return 0;
        var first = TimeBuckets.StartOf(from > oldest ? from.Value : oldest, Step);
        // Rows may be a little ahead of this clock: other nodes have their own.
        var end = TimeBuckets.StartOf((until ?? now.AddHours(1)) + Step - TimeSpan.FromTicks(1), Step);
        var rows = 0L;
        for (var at = first; at < end; at += Step)
        {
            rows += await StepAsync(db, connection, at, now, cancellation);
            progress(new(at + Step, end, rows));
        }

        if (first < end)
            await CountersAsync(db, connection, first, now, cancellation);
        return rows;
    }

    private static async Task<int> StepAsync(NexusDbContext db, NpgsqlConnection connection, DateTimeOffset at, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
        await AccountingLock.TakeAsync(connection, cancellation);
        var end = at + Step;
        var rows = await db.Requests.AsNoTracking().Where(row => row.StartedAt >= at && row.StartedAt < end).ToListAsync(cancellation);
        if (at > now - UsageTables.FineKept)
            await ReplaceAsync(connection, "usage_5m", at, end, Rollups.Of(rows, TimeSpan.FromMinutes(5)), cancellation);
        await ReplaceAsync(connection, "usage_15m", at, end, Rollups.Of(rows, Step), cancellation);
        await transaction.CommitAsync(cancellation);
        return rows.Count;
    }

    private static async Task ReplaceAsync(NpgsqlConnection connection, string table, DateTimeOffset from, DateTimeOffset until, List<UsageRow> rows, CancellationToken cancellation)
    {
        await using (var delete = new NpgsqlCommand($"DELETE FROM {table} WHERE bucket >= $1 AND bucket < $2", connection) { Parameters = { new() { Value = from }, new() { Value = until } } })
            await delete.ExecuteNonQueryAsync(cancellation);
        if (rows.Count > 0)
            await LedgerWriter.CopyAsync(connection, table, LedgerColumns.Usage, rows, cancellation);
    }

    private static async Task CountersAsync(NexusDbContext db, NpgsqlConnection connection, DateTimeOffset from, DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var limit in await LimitCounters.BudgetsAsync(connection, cancellation))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellation);
            await AccountingLock.TakeAsync(connection, cancellation);
            await CounterRebuild.RunAsync(connection, limit, Period.Of(limit, from).Start, now, cancellation);
            await transaction.CommitAsync(cancellation);
        }
    }
}
