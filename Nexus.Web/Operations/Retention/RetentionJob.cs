using System.Globalization;
using Microsoft.Extensions.Options;
using Nexus.Web.Capture;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Usage;
using Npgsql;

namespace Nexus.Web.Operations.Retention;

/// <summary>Deletes expired rows that are not in monthly partitions, in small transactions.</summary>
internal sealed class RetentionJob(IOptions<RetentionOptions> options, TimeProvider time) : IJob
{
    public const string Id = "retention";
    private static readonly TimeSpan DeliveriesKept = TimeSpan.FromDays(90);
    private static readonly TimeSpan SessionsKept = TimeSpan.FromDays(45);
    private const string Ended = "conversation_id IN (SELECT id FROM conversations WHERE last_at < $1)";

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var fine = Day(now - UsageTables.FineKept);
        var rollups = Day(RetentionAge.Parse(options.Value.Rollups).Bound(now));
        var (ledger, payloads) = (Day(options.Value.LedgerBound(now)), Day(options.Value.PayloadBound(now)));
        (string Table, string Expired, object? Bound)[] classes =
        [
            ("usage_5m", "bucket < $1", fine), ("usage_accounts_5m", "bucket < $1", fine), ("usage_15m", "bucket < $1", rollups), ("usage_1h", "bucket < $1", rollups), ("usage_1d", "bucket < $1", rollups), ("usage_tools_15m", "bucket < $1", rollups),
            ("cache_misses", "started_at < $1", ledger), ("attempts", "started_at < $1", ledger), ("alerts", "resolved_at < $1", ledger), ("alert_silences", "ends_at < $1", ledger), ("alert_deliveries", "created_at < $1", Day(now - DeliveriesKept)), ("reports", "to_at < $1", rollups),
            ("dashboard_sessions", "greatest(last_seen_at, ended_at) < $1", Day(now - SessionsKept)), ("content_grants", "ends_at < $1", Day(now - SessionsKept)),
            ("audit_log", "at < $1", Day(RetentionAge.Parse(options.Value.Audit).Bound(now))),
            // What people typed is kept as long as the bodies that it stands in: up to the one that a result has read last.
            ("analyses", $"status NOT IN ('pending', 'processing') AND coalesce(up_to < $1, requested_at < {PayloadReader.StartSql("$1")})", FirstId(payloads)),
            ("conversation_words", "request_id < $1", FirstId(payloads)), ("conversation_hooks", "request_id < $1", FirstId(ledger)),
            ("conversation_branches", Ended, ledger), ("conversation_sessions", Ended, ledger), ("conversations", "last_at < $1", ledger),
        ];
        var gone = new Dictionary<string, long>();
        foreach (var (table, expired, bound) in classes)
        {
            if (bound is { } before && await ExpiredRows.DeleteAsync(context.Connection, table, expired, before, cancellation) is var rows and > 0)
                gone[table] = rows;
            await context.ReportAsync(Result(gone, (double)gone.Count / classes.Length));
        }

        // A conversation is called by the first words that were typed in it.
        if (payloads is { } untitled)
            await ExecuteAsync(context.Connection, "UPDATE conversations SET title = NULL WHERE title IS NOT NULL AND last_at < $1", untitled, cancellation);
        return Result(gone, 1);
    }

    /// <summary>Whole days of UTC, so that no sum of a day is cut.</summary>
    private static DateTimeOffset? Day(DateTimeOffset? before) => before is { } at ? new(at.UtcDateTime.Date, TimeSpan.Zero) : null;

    private static Guid? FirstId(DateTimeOffset? at) => at is { } time ? PayloadReader.FirstIdAt(time) : null;

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, DateTimeOffset? before, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        if (before is { } at)
            command.Parameters.Add(new() { Value = at });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static JobResult Result(Dictionary<string, long> gone, double share) => new(
        gone.Count == 0 ? "Nothing has expired." : "Deleted " + string.Join(", ", gone.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Value} rows of {pair.Key}"))) + ".", gone, share);
}
