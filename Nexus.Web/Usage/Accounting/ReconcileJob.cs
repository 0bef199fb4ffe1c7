using Nexus.Web.Access.Limits;
using Nexus.Web.Operations.Jobs;
using Npgsql;

namespace Nexus.Web.Usage.Accounting;

/// <param name="Where">A table, and what in it.</param>
/// <param name="Drift">Columns and by how much they are off.</param>
internal sealed record Drift(string Where, string What);

/// <summary>
/// Compares ledger, rollups and limit counters for the closed hours in which rows were stored since the last time, late ones
/// too. What differs is reported, stays marked, and is compared again; <c>nexus usage rebuild</c> puts it right.
/// </summary>
internal sealed partial class ReconcileJob(TimeProvider time, ILogger<ReconcileJob> logger) : IJob
{
    public const string Id = "reconcile";

    /// <summary>How the summary begins when everything agrees.</summary>
    public const string NoDrift = "Drift 0";

    private const int MostReported = 50;

    /// <summary>Sums of the finer rollups.</summary>
    private static readonly string[] Derived = ["usage_1h", "usage_1d", "usage_accounts_5m"];

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var closed = TimeBuckets.StartOf(now, TimeSpan.FromHours(1));
        var hours = await HoursAsync(context.Connection, closed, cancellation);
        var drifts = new List<Drift>();
        foreach (var hour in hours)
            drifts.AddRange(await HourAsync(context.Connection, hour, now, cancellation));
        var (counters, ofCounters) = await CountersAsync(context.Connection, hours, cancellation);
        drifts.AddRange(ofCounters);
        foreach (var drift in drifts.Take(MostReported))
            Log.Drifted(logger, drift.Where, drift.What);
        string[] tables = ["usage_5m", "usage_15m", .. Derived, "usage_tools_15m", "limit_counters"];
        var byTable = tables.ToDictionary(table => table, table => drifts.Count(drift => drift.Where.StartsWith(table + " ", StringComparison.Ordinal)));
        return new(
            drifts.Count == 0 ? $"{NoDrift}: {hours.Count} hours and {counters} counters agree with the ledger." : $"{drifts.Count} sums of {hours.Count} hours and {counters} counters differ from the ledger.",
            new { hours = hours.Count, counters, drift = byTable, first = drifts.Take(MostReported) });
    }

    private static async Task<List<DateTimeOffset>> HoursAsync(NpgsqlConnection connection, DateTimeOffset closed, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("SELECT hour FROM usage_changed_hours WHERE hour < $1 ORDER BY hour", connection) { Parameters = { new() { Value = closed } } };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var hours = new List<DateTimeOffset>();
        while (await reader.ReadAsync(cancellation))
            hours.Add(reader.GetFieldValue<DateTimeOffset>(0));
        return hours;
    }

    /// <summary>Under the lock, so that no batch is half counted; an hour that agrees loses its mark in the same transaction.</summary>
    private async Task<List<Drift>> HourAsync(NpgsqlConnection connection, DateTimeOffset hour, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await AccountingLock.TakeAsync(connection, cancellation);
        var fine = hour > now - UsageTables.FineKept;
        var found = await HourSums.ReadAsync(connection, hour, cancellation);
        if (Of(found, hour, fine) is { Count: > 0 } stale && stale.TrueForAll(drift => Derived.Any(table => drift.Where.StartsWith(table + " ", StringComparison.Ordinal))))
        {
            // What is added up right was not carried on: a node of an older version, which knows no hours and days, stored these rows.
            stale.ForEach(drift => Log.Derived(logger, drift.Where, drift.What));
            await CoarseRollups.DeriveHoursAsync(connection, hour, hour.AddHours(1), fine, cancellation);
            await CoarseRollups.DeriveDaysAsync(connection, hour, hour.AddHours(1), cancellation);
            found = await HourSums.ReadAsync(connection, hour, cancellation);
        }

        var drifts = Of(found, hour, fine);
        if (drifts.Count == 0)
        {
            await using var forget = new NpgsqlCommand("DELETE FROM usage_changed_hours WHERE hour = $1", connection) { Parameters = { new() { Value = hour } } };
            await forget.ExecuteNonQueryAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);
        return drifts;
    }

    private static List<Drift> Of(HourComparison hour, DateTimeOffset at, bool fine)
    {
        (string Table, string What)[] all = [("usage_5m", fine ? hour.FiveMinutes : ""), ("usage_15m", hour.Quarters), ("usage_1h", hour.Hours), ("usage_1d", hour.Days), ("usage_accounts_5m", fine ? hour.Accounts : ""), ("usage_tools_15m", hour.Tools)];
        return [.. all.Where(table => table.What.Length > 0).Select(table => new Drift($"{table.Table} {at:yyyy-MM-dd HH:mm}Z", table.What))];
    }

    /// <summary>The counters of every period that one of the hours lies in, against the rollups.</summary>
    private static async Task<(int Compared, List<Drift> Drifts)> CountersAsync(NpgsqlConnection connection, List<DateTimeOffset> hours, CancellationToken cancellation)
    {
        var (compared, drifts) = (0, new List<Drift>());
        foreach (var limit in await LimitCounters.BudgetsAsync(connection, cancellation))
            foreach (var period in hours.Select(hour => Period.Of(limit, hour)).Distinct())
            {
                await using var transaction = await connection.BeginTransactionAsync(cancellation);
                await AccountingLock.TakeAsync(connection, cancellation);
                var sums = await CounterRebuild.SumsAsync(connection, limit, period.Start, period.End, cancellation);
                var counters = await CounterRebuild.StoredAsync(connection, limit, period, cancellation);
                await transaction.CommitAsync(cancellation);
                compared += counters.Count;
                foreach (var key in sums.Keys.Union(counters.Keys))
                    if (sums.GetValueOrDefault(key) != counters.GetValueOrDefault(key))
                        drifts.Add(new($"limit_counters {limit.Id} {key.Subject} {key.Period.Start:yyyy-MM-dd HH:mm}Z", $"is {counters.GetValueOrDefault(key)}, should be {sums.GetValueOrDefault(key)}"));
            }

        return (compared, drifts);
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "usage_drift", Level = LogLevel.Error, Message = "{Where} differs from the ledger: {What}. 'nexus usage rebuild' makes it anew.")]
        public static partial void Drifted(ILogger logger, string where, string what);

        [LoggerMessage(EventName = "usage_derived", Level = LogLevel.Warning, Message = "{Where} lacked what the finer rollups have ({What}) and was made anew from them: a node of an older version stored it.")]
        public static partial void Derived(ILogger logger, string where, string what);
    }
}
