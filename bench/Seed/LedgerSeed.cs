using System.Globalization;

namespace Nexus.Bench.Seed;

/// <summary>
/// SQL that fills a ledger with a team's quarter: fifty people at work ten hours a day, each with a key, two or three models and
/// a few lanes, and the rollups that ingest would have made of it. Written by the database itself, since ten million rows over a
/// connection would take longer than what is measured.
/// </summary>
internal static class LedgerSeed
{
    public const int Days = 90;
    private const int People = 50;

    /// <summary>One statement per day, and one per rollup and day; in order.</summary>
    public static IEnumerable<string> Statements(DateTimeOffset now, long rows)
    {
        var first = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero).AddDays(-Days);
        for (var month = first; month <= now.AddMonths(1); month = month.AddMonths(1))
            yield return $"SELECT nexus_ensure_month('{Iso(month)}')";
        yield return """
            INSERT INTO client_keys (id, secret_hash, hint, name, owner, domain, created_at, created_by)
            SELECT 'key_' || p, sha256(p::text::bytea), lpad(p::text, 4, '0'), 'laptop ' || p, 'person ' || p, 'team' || p % 6 || '.bench.example', now(), 'bench' FROM generate_series(0, 49) p ON CONFLICT DO NOTHING
            """;
        for (var day = 0; day < Days; day++)
        {
            yield return Requests(first.AddDays(day), rows / Days, day);
            yield return Rollup("usage_15m", 15, first.AddDays(day));
            if (day >= Days - 35)
                yield return Rollup("usage_5m", 5, first.AddDays(day));
        }

        yield return "ANALYZE";
    }

    private static string Requests(DateTimeOffset day, long rows, int seed) => string.Create(CultureInfo.InvariantCulture, $"""
        INSERT INTO requests (started_at, id, domain, method, path, outcome, status, account_id, key_id, owner, model_requested, model_served, request_type, lane, streaming,
            input_tokens, output_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens, cache_read_tokens, cost_micros, price_version, cache_savings_micros,
            first_byte_ms, first_token_ms, duration_ms, tool_calls, stop_reason, message_count, session_id, client, message_id, request_bytes, response_bytes, payload)
        SELECT at, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid,
            'team' || p % 6 || '.bench.example', 'POST', '/v1/messages', CASE WHEN n % 97 = 0 THEN 'upstream_error' ELSE 'completed' END, CASE WHEN n % 97 = 0 THEN 529 ELSE 200 END,
            'acc_' || p % 5, 'key_' || p, 'person ' || p, model, model, CASE lane WHEN 'title' THEN 'query_evaluation' ELSE 'inference' END, lane, true,
            20 + n % 50, 200 + n % 900, 500 + n % 3000, 0, 30000 + n % 90000, 20000 + n % 60000, 1, 90000 + n % 200000,
            300 + n % 900, 400 + n % 900, 2000 + n % 20000, n % 4, 'tool_use', 1 + n % 80, 'session-' || p || '-' || n % 8, 'claude-cli/2.1.330', 'msg_' || n, 120000 + n % 60000, 4000 + n % 9000, 'none'
        FROM (
            SELECT n, p, lane, date_trunc('milliseconds', '{Iso(day)}'::timestamptz + interval '8 hours' + interval '10 hours' * (n::float8 / {rows})) AS at, md5(n::text || '-{seed}') AS hash,
                CASE lane WHEN 'main' THEN CASE p % 2 WHEN 0 THEN 'claude-opus-5' ELSE 'claude-sonnet-5' END WHEN 'subagent' THEN CASE p % 3 WHEN 0 THEN 'claude-sonnet-5' ELSE 'claude-haiku-4-5' END ELSE 'claude-haiku-4-5' END AS model
            FROM (SELECT n, (n * 7919 % {People})::int AS p, CASE WHEN n % 20 < 13 THEN 'main' WHEN n % 20 < 18 THEN 'subagent' ELSE 'title' END AS lane FROM generate_series(1, {rows}) n) who) what
        ON CONFLICT DO NOTHING
        """);

    private static string Rollup(string table, int minutes, DateTimeOffset day) => string.Create(CultureInfo.InvariantCulture, $$"""
        INSERT INTO {{table}} (bucket, domain, account_id, key_id, owner, model, request_type, lane, requests, errors, input_tokens, output_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens,
            cache_read_tokens, tool_calls, cost_micros, cache_savings_micros, duration_ms, duration_histogram, first_byte_histogram, last_request_at)
        SELECT date_bin('{{minutes}} minutes', started_at, '2000-01-01Z'), domain, account_id, key_id, owner, model_served, request_type, lane, count(*), count(*) FILTER (WHERE outcome <> 'completed'),
            sum(input_tokens), sum(output_tokens), sum(cache_creation_5m_tokens), 0, sum(cache_read_tokens), sum(tool_calls), sum(cost_micros), sum(cache_savings_micros), sum(duration_ms),
            array_fill(0::bigint, ARRAY[19]) || count(*) || array_fill(0::bigint, ARRAY[9]), array_fill(0::bigint, ARRAY[12]) || count(*) || array_fill(0::bigint, ARRAY[16]), max(started_at)
        FROM requests WHERE started_at >= '{{Iso(day)}}' AND started_at < '{{Iso(day.AddDays(1))}}' GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
        ON CONFLICT DO NOTHING
        """);

    private static string Iso(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
