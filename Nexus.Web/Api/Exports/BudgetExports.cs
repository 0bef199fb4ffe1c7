using Nexus.Web.Access.Limits;

namespace Nexus.Web.Api.Exports;

/// <summary>Limits as they stand, their periods that are over, and the prices that costs are worked out by. Amounts are millionths of a US dollar, or tokens.</summary>
internal static class BudgetExports
{
    /// <summary>The budgets page's rows: each limit, once per subject that used something of it.</summary>
    public static Export Budgets(ExportQuestion question) => Export.OfList<LimitState>("budgets", async context => await context.RequestServices.GetRequiredService<LimitStates>().ReadAsync(context.RequestAborted),
    [
        ("id", state => state.Limit.Id), ("name", state => state.Limit.Name), ("scope", state => state.Limit.Scope), ("subject", state => state.Subject.Length > 0 ? state.Subject : state.Limit.Subject), ("unit", state => state.Limit.Unit),
        ("period", state => state.Limit.Amount is null ? null : state.Limit.Period), ("time_zone", state => state.Limit.TimeZone), ("period_start", state => state.Period?.Start), ("period_end", state => state.Period is { } period && period.End != Period.Never ? period.End : null),
        ("amount", state => state.Limit.Amount), ("budget", state => state.Limit.Amount is null ? null : state.Budget(question.Now)), ("used", state => state.Used), ("reserved", state => state.Reserved), ("requests", state => state.Requests), ("threshold_passed", state => state.Passed),
        ("hard", state => state.Limit.Hard), ("enabled", state => state.Limit.Enabled), ("thresholds", state => state.Limit.Thresholds.Select(threshold => $"{threshold}").ToArray()),
        ("requests_per_minute", state => state.Limit.RequestsPerMinute), ("tokens_per_minute", state => state.Limit.TokensPerMinute), ("concurrent_streams", state => state.Limit.ConcurrentStreams),
        ("raise_amount", state => state.Limit.RaiseAmount), ("raised_until", state => state.Limit.RaisedUntil), ("raise_reason", state => state.Limit.RaiseReason), ("created_at", state => state.Limit.CreatedAt), ("created_by", state => state.Limit.CreatedBy),
    ]);

    /// <summary>Periods that are over, of all limits or of <c>id</c>, with today's budget beside them.</summary>
    public static Export History(ExportQuestion question) => Export.Of("budget-history", """
        SELECT c.period_start, c.period_end, c.limit_id, l.name, l.scope, c.subject, l.unit, CASE WHEN l.unit = 'tokens' THEN c.tokens ELSE c.micros END AS used, l.amount, c.requests
        FROM limit_counters c JOIN limits l ON l.id = c.limit_id WHERE c.period_end <= $1 AND ($2 = '' OR c.limit_id = $2) ORDER BY c.period_start DESC, c.limit_id, c.subject
        """, Export.Time(question.Now), new() { Value = question.Query["id"].ToString() });

    /// <summary>Every rule of every version, or of <c>version</c>: the newest list first, its rules in the order in which they are looked at.</summary>
    public static Export Prices(ExportQuestion question) => Export.Of("prices", """
        SELECT r.version, l.created_at, l.created_by, l.note, r.position, r.pattern, r.served_from, r.served_until, r.prompt_above, r.input, r.output, r.cache_read, r.cache_write_5m, r.cache_write_1h, r.fallback
        FROM price_rules r JOIN price_lists l ON l.version = r.version WHERE $1 = '' OR r.version::text = $1 ORDER BY r.version DESC, r.position
        """, new Npgsql.NpgsqlParameter { Value = question.Query["version"].ToString() });
}
