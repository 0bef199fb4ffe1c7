using System.Diagnostics;
using Nexus.Web.Access.Limits;
using Nexus.Web.Conversations;
using Nexus.Web.Storage;
using Nexus.Web.Usage.Accounting;
using Nexus.Web.Usage.Pricing;
using Npgsql;

namespace Nexus.Web.Usage.Repricing;

/// <summary>Costs stored requests by another price list, from their own columns: payloads are not needed.</summary>
internal static class Repricer
{
    public const int BatchSize = 1000;
    private const int PreviewBatch = 2000;
    private const int MostTries = 5;

    /// <summary>What would change; nothing is written.</summary>
    /// <param name="most">Looking ends after this many rows, or after <paramref name="longest"/>: the result then says up to where it went.</param>
    /// <returns>The differences, and whether every row was looked at.</returns>
    public static async Task<(Differences Differences, bool Whole)> PreviewAsync(NpgsqlConnection connection, PriceList list, DateTimeOffset from, DateTimeOffset to, long most, TimeSpan longest, CancellationToken cancellation)
    {
        var differences = new Differences();
        var started = Stopwatch.GetTimestamp();
        var rows = new BilledRows(from, to, list.Version);
        var last = (At: from, Id: Guid.Empty);
        while (differences.Rows < most && Stopwatch.GetElapsedTime(started) < longest)
        {
            var next = await rows.NextAsync(connection, last, PreviewBatch, locked: false, cancellation);
            foreach (var row in next)
                differences.Reprice(row, list);
            if (next.Count < PreviewBatch)
                return (differences, true);
            last = (next[^1].StartedAt, next[^1].Id);
        }

        return (differences, false);
    }

    /// <summary>
    /// Rewrites ledger, rollups, conversations and the counters of budgets, a transaction per batch: after each they add up to the same. What is rewritten has the
    /// list's version, so that a run that was cut off goes on where it stopped when it is started again.
    /// </summary>
    /// <param name="report">Called after each batch.</param>
    public static async Task<Differences> RewriteAsync(NpgsqlConnection connection, PriceList list, DateTimeOffset from, DateTimeOffset to, Func<Differences, Task> report, CancellationToken cancellation)
    {
        var differences = new Differences();
        var rows = new BilledRows(from, to, list.Version);
        var last = (At: from, Id: Guid.Empty);
        while (await BatchAsync(connection, rows, list, differences, last, cancellation) is { } end)
        {
            last = end;
            await report(differences);
        }

        return differences;
    }

    /// <returns>The batch's last row; null when there was none left.</returns>
    private static async Task<(DateTimeOffset, Guid)?> BatchAsync(NpgsqlConnection connection, BilledRows rows, PriceList list, Differences differences, (DateTimeOffset, Guid) after, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryBatchAsync(connection, rows, list, differences, after, cancellation);
            }
            catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure && attempt < MostTries)
            {
                // Rolled back as a whole; the rows are read again.
            }
        }
    }

    private static async Task<(DateTimeOffset, Guid)?> TryBatchAsync(NpgsqlConnection connection, BilledRows rows, PriceList list, Differences differences, (DateTimeOffset, Guid) after, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await AccountingLock.ShareAsync(connection, cancellation);
        // Whoever places requests in conversations locks their domains before any row, and adds up costs: not while these change.
        var next = await rows.NextAsync(connection, after, BatchSize, locked: false, cancellation);
        await KnownRequests.LockAsync(connection, next.Select(row => row.Domain), cancellation);
        var batch = await rows.NextAsync(connection, after, BatchSize, locked: true, cancellation);
        if (batch.Count == 0)
            return null;
        var before = RollupTier.All.Select(tier => Rollups.Of(batch, tier.Width)).ToArray();
        var costs = batch.Select(row => row.CostMicros ?? 0).ToArray();
        var own = new Differences();
        foreach (var row in batch)
            own.Reprice(row, list);
        await CostCorrection.WriteAsync(connection, batch, list.Version, cancellation);
        for (var i = 0; i < before.Length; i++)
            await CostCorrection.AdjustAsync(connection, RollupTier.All[i].Table, before[i], Rollups.Of(batch, RollupTier.All[i].Width), cancellation);
        (LedgerRow, long)[] changes = [.. batch.Zip(costs, (row, cost) => (row, (row.CostMicros ?? 0) - cost))];
        await ConversationCorrection.AddAsync(connection, changes, cancellation);
        await CounterCorrection.AddAsync(connection, changes, cancellation);
        await ChangedHours.MarkAsync(connection, batch, cancellation);
        await transaction.CommitAsync(cancellation);
        differences.Add(own);
        return (batch[^1].StartedAt, batch[^1].Id);
    }
}
