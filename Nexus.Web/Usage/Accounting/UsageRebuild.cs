using Microsoft.EntityFrameworkCore;
using Nexus.Web.Access.Limits;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Usage.Accounting;

/// <param name="Done">Everything before it is made anew.</param>
internal readonly record struct RebuildProgress(DateTimeOffset Done, DateTimeOffset Until, long Rows);

/// <summary>
/// Makes the rollups of a stretch of time anew from the ledger, an hour at a time, each in a transaction that holds the
/// accounting lock alone, so that ingest goes on in between; then the limit counters from the rollups. Time whose ledger
/// rows are gone keeps its rollups. Tools are not in the ledger: usage_tools_15m stays as it is.
/// </summary>
internal static class UsageRebuild
{
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
        var quarter = RollupTier.Quarter.Width;
        var first = TimeBuckets.StartOf(from > oldest ? from.Value : oldest, quarter);
        // Rows may be a little ahead of this clock: other nodes have their own.
        var end = TimeBuckets.StartOf((until ?? now.AddHours(1)) + quarter - TimeSpan.FromTicks(1), quarter);
        var rows = 0L;
        for (var at = first; at < end;)
        {
            var next = TimeBuckets.StartOf(at, RollupTier.Hour.Width) + RollupTier.Hour.Width;
            next = next < end ? next : end;
            rows += await StepAsync(connection, at, next, next == end || next.UtcTicks % RollupTier.Day.Width.Ticks == 0, now, cancellation);
            at = next;
            progress(new(at, end, rows));
        }

        if (first < end)
            await CountersAsync(db, connection, first, now, cancellation);
        return rows;
    }

    /// <param name="lastOfDay">A day is added up with its last hour: once, not twenty-four times. It stays marked as changed until then, so that a rebuild that is cut off is put right by the job "reconcile".</param>
    private static async Task<long> StepAsync(NpgsqlConnection connection, DateTimeOffset from, DateTimeOffset until, bool lastOfDay, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await AccountingLock.TakeAsync(connection, cancellation);
        var fine = from > now - UsageTables.FineKept;
        if (fine)
            await ReplaceAsync(connection, RollupTier.FiveMinutes, from, until, cancellation);
        var rows = await ReplaceAsync(connection, RollupTier.Quarter, from, until, cancellation);
        await CoarseRollups.DeriveHoursAsync(connection, from, until, fine, cancellation);
        if (lastOfDay)
            await CoarseRollups.DeriveDaysAsync(connection, from, until, cancellation);
        else
            await ChangedHours.MarkAsync(connection, [TimeBuckets.StartOf(from, RollupTier.Day.Width)], cancellation);
        await transaction.CommitAsync(cancellation);
        return rows;
    }

    private static async Task<long> ReplaceAsync(NpgsqlConnection connection, RollupTier tier, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var sql in new[] { $"DELETE FROM {tier.Table} WHERE bucket >= $1 AND bucket < $2", LedgerRollup.Insert(tier) })
            batch.BatchCommands.Add(new(sql) { Parameters = { new() { Value = from }, new() { Value = until } } });
        return (long)(await batch.ExecuteScalarAsync(cancellation))!;
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
