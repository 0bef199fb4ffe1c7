using System.Globalization;

namespace Nexus.Bench.Seed;

/// <summary>
/// SQL that fills a ledger with a team's quarter: 24 people at work twelve hours a day, each with a key, in three domains, on two or
/// three of four accounts in any hour, with three models in five lanes, in conversations of half an hour each. Written by the database itself, since ten million rows over a
/// connection would take longer than what is measured; the rollups are made of it by <c>nexus usage rebuild</c>.
/// </summary>
internal static class LedgerSeed
{
    public const int Days = 90;

    /// <summary>What autovacuum would have done within minutes, once everything is there.</summary>
    public const string Settle = "VACUUM ANALYZE";

    private const int People = 24;

    /// <summary>One statement per day; in order.</summary>
    public static IEnumerable<string> Statements(DateTimeOffset now, long rows)
    {
        var first = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero).AddDays(1 - Days);
        for (var month = first; month <= now.AddMonths(1); month = month.AddMonths(1))
            yield return $"SELECT nexus_ensure_month('{Iso(month)}')";
        yield return $"""
            INSERT INTO client_keys (id, secret_hash, hint, name, owner, domain, created_at, created_by)
            SELECT 'key_' || p, sha256(p::text::bytea), lpad(p::text, 4, '0'), 'laptop ' || p, 'person ' || p, 'team' || p % 3 || '.bench.example', now(), 'bench' FROM generate_series(0, {People - 1}) p ON CONFLICT DO NOTHING
            """;
        for (var day = 0; day < Days; day++)
        {
            yield return Requests(first.AddDays(day), rows / Days, day, now);
            yield return Conversations(first.AddDays(day));
        }
    }

    /// <summary>A day's requests up to now: the last day has those that would have come by now.</summary>
    private static string Requests(DateTimeOffset day, long rows, int seed, DateTimeOffset now) => string.Create(CultureInfo.InvariantCulture, $"""
        INSERT INTO requests (started_at, id, domain, method, path, outcome, status, account_id, key_id, owner, model_requested, model_served, request_type, lane, streaming,
            input_tokens, output_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens, cache_read_tokens, cost_micros, price_version, cache_savings_micros,
            first_byte_ms, first_token_ms, duration_ms, tool_calls, stop_reason, message_count, session_id, conversation_id, client, message_id, request_bytes, response_bytes, payload)
        SELECT at, (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15))::uuid,
            'team' || p % 3 || '.bench.example', 'POST', '/v1/messages', CASE WHEN n % 97 = 0 THEN 'upstream_error' ELSE 'completed' END, CASE WHEN n % 97 = 0 THEN 529 ELSE 200 END,
            'acc_' || (p + session) % 4, 'key_' || p, 'person ' || p, model, model, CASE lane WHEN 'title' THEN 'query_evaluation' ELSE 'inference' END, lane, true,
            20 + n % 50, 200 + n % 900, 500 + n % 3000, 0, 30000 + n % 90000, 20000 + n % 60000, 1, 90000 + n % 200000,
            300 + n % 900, 400 + n % 900, 2000 + n % 20000, n % 4, 'tool_use', 1 + n % 80, 'session-{seed}-' || p || '-' || session,
            (lpad(to_hex((extract(epoch FROM '{Iso(day)}'::timestamptz + interval '7 hours' + interval '30 minutes' * session) * 1000)::bigint), 12, '0') || '7' || substr(talk, 1, 3) || '8' || substr(talk, 4, 15))::uuid, 'claude-cli/2.1.330', 'msg_' || n, 120000 + n % 60000, 4000 + n % 9000, 'none'
        FROM (
            SELECT n, p, lane, session, date_trunc('milliseconds', '{Iso(day)}'::timestamptz + interval '7 hours' + interval '12 hours' * (n::float8 / {rows})) AS at, md5(n::text || '-{seed}') AS hash, md5('talk-{seed}-' || p || '-' || session) AS talk,
                CASE lane WHEN 'main' THEN CASE session % 2 WHEN 0 THEN 'claude-opus-5' ELSE 'claude-sonnet-5' END WHEN 'subagent' THEN CASE n % 3 WHEN 0 THEN 'claude-sonnet-5' ELSE 'claude-haiku-4-5' END ELSE 'claude-haiku-4-5' END AS model
            FROM (SELECT n, ((n * 7919 + n / 20) % {People})::int AS p, (n * 24 / {rows})::int AS session, (ARRAY['main', 'subagent', 'main', 'title', 'main', 'main', 'subagent', 'compaction', 'main', 'main', 'subagent', 'main', 'title', 'main', 'subagent', 'main', 'web_search', 'main', 'subagent', 'main'])[1 + n % 20] AS lane FROM generate_series(1, {rows}) n) who) what
        WHERE at <= '{now.UtcDateTime:O}'
        ON CONFLICT DO NOTHING
        """);

    /// <summary>What ingest would have kept of a day's conversations.</summary>
    private static string Conversations(DateTimeOffset day) => $"""
        INSERT INTO conversations (id, domain, started_at, last_at, last_hour, title, owners, key_ids, accounts, models, latest_id, latest_at, latest_model, context_tokens, requests, turns, tool_calls, errors, subagents, compactions, forks,
            input_tokens, output_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens, cache_read_tokens, cost_micros, duration_ms)
        SELECT conversation_id, min(domain), min(started_at), max(started_at), date_trunc('hour', max(started_at)), 'Mend the ' || min(session_id), ARRAY[min(owner)], ARRAY[min(key_id)], array_agg(DISTINCT account_id), array_agg(DISTINCT model_served),
            (array_agg(id ORDER BY started_at DESC))[1], max(started_at), (array_agg(model_served ORDER BY started_at DESC))[1], 90000, count(*), count(*), sum(tool_calls), count(*) FILTER (WHERE outcome <> 'completed'), 0, 0, 0,
            sum(input_tokens), sum(output_tokens), sum(cache_creation_5m_tokens), sum(cache_creation_1h_tokens), sum(cache_read_tokens), sum(cost_micros), sum(duration_ms)
        FROM requests WHERE started_at >= '{Iso(day)}' AND started_at < '{Iso(day.AddDays(1))}' AND conversation_id IS NOT NULL GROUP BY conversation_id
        ON CONFLICT DO NOTHING
        """;

    private static string Iso(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
