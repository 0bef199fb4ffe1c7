using System.Text.Json;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Access.Limits;

/// <summary>Notes that a budget has passed a threshold: once per limit, subject, period and threshold, with a line in the audit log.</summary>
internal static class ThresholdNotices
{
    /// <param name="counters">As they are after an addition, in the same transaction.</param>
    public static async Task AddAsync(NpgsqlConnection connection, IReadOnlyList<LimitRow> limits, IEnumerable<LimitCounterRow> counters, DateTimeOffset now, CancellationToken cancellation)
    {
        var byId = limits.ToDictionary(limit => limit.Id);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var counter in counters)
        {
            var limit = byId[counter.LimitId];
            var budget = limit.BudgetAt(now);
            var used = limit.Unit == "tokens" ? counter.Tokens : counter.Micros;
            if (!limit.Enabled || budget <= 0 || counter.PeriodEnd <= now)
                continue;
            foreach (var threshold in limit.Thresholds.Append(100).Distinct().Where(threshold => used >= (Int128)budget * threshold / 100))
                batch.BatchCommands.Add(Notice(limit, counter, threshold, used, budget, now));
        }

        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(cancellation);
    }

    private static NpgsqlBatchCommand Notice(LimitRow limit, LimitCounterRow counter, int threshold, long used, long budget, DateTimeOffset now)
    {
        var details = JsonSerializer.Serialize(new { limit.Name, limit.Scope, counter.Subject, limit.Unit, threshold, used, budget, counter.PeriodStart }, JsonSerializerOptions.Web);
        return new("""
            WITH noticed AS (
                INSERT INTO limit_notices (limit_id, subject, period_start, threshold, at, used, budget) VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT DO NOTHING RETURNING limit_id)
            INSERT INTO audit_log (at, actor, action, subject, details) SELECT $5, 'nexus', 'limit.threshold_passed', limit_id, $8::jsonb FROM noticed
            """)
        {
            Parameters = { new() { Value = limit.Id }, new() { Value = counter.Subject }, new() { Value = counter.PeriodStart }, new() { Value = threshold }, new() { Value = now }, new() { Value = used }, new() { Value = budget }, new() { Value = details } },
        };
    }
}
