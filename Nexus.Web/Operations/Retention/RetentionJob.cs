using System.Globalization;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Usage;
using Npgsql;

namespace Nexus.Web.Operations.Retention;

/// <summary>Deletes expired rows that are not in monthly partitions, in small transactions.</summary>
internal sealed class RetentionJob(IOptions<RetentionOptions> options, TimeProvider time) : IJob
{
    public const string Id = "retention";
    private const int RowsAtATime = 5_000;

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var fine = (DateTimeOffset?)(now - UsageTables.FineKept);
        var rollups = RetentionAge.Parse(options.Value.Rollups).Bound(now);
        (string Table, string Column, DateTimeOffset? Bound)[] classes =
        [
            ("usage_5m", "bucket", fine), ("usage_accounts_5m", "bucket", fine), ("usage_15m", "bucket", rollups), ("usage_1h", "bucket", rollups), ("usage_1d", "bucket", rollups), ("usage_tools_15m", "bucket", rollups),
            ("cache_misses", "started_at", options.Value.LedgerBound(now)), ("audit_log", "at", RetentionAge.Parse(options.Value.Audit).Bound(now)),
        ];
        var gone = new Dictionary<string, long>();
        foreach (var (table, column, bound) in classes)
        {
            if (bound is { } before && await DeleteAsync(context.Connection, table, column, before, cancellation) is var rows and > 0)
                gone[table] = rows;
            await context.ReportAsync(Result(gone, (double)gone.Count / classes.Length));
        }

        return Result(gone, 1);
    }

    private static async Task<long> DeleteAsync(NpgsqlConnection connection, string table, string column, DateTimeOffset before, CancellationToken cancellation)
    {
        // Whole days of UTC, so that no sum of a day is cut.
        var day = new DateTimeOffset(before.UtcDateTime.Date, TimeSpan.Zero);
        for (long rows = 0; ;)
        {
            await using var delete = new NpgsqlCommand($"DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {table} WHERE {column} < $1 LIMIT {RowsAtATime}))", connection) { CommandTimeout = 0, Parameters = { new() { Value = day } } };
            if (await delete.ExecuteNonQueryAsync(cancellation) is var some and > 0)
                rows += some;
            else
                return rows;
        }
    }

    private static JobResult Result(Dictionary<string, long> gone, double share) => new(
        gone.Count == 0 ? "Nothing has expired." : "Deleted " + string.Join(", ", gone.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Value} rows of {pair.Key}"))) + ".", gone, share);
}
