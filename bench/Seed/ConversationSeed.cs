using System.Globalization;

namespace Nexus.Bench.Seed;

/// <summary>
/// SQL that fills a domain with conversations as ingest leaves them: 20 to 50 turns each, half of them of Claude Code's sessions and half of
/// loops that send no identifiers, spread over fifty days, with hashes, titles, words and sums. Bodies are not there: neither linking nor lists read them.
/// </summary>
internal static class ConversationSeed
{
    /// <summary>Of a conversation, on average.</summary>
    public const int Turns = 35;

    /// <summary>One that stands in one conversation of fifty.</summary>
    public const string RareWord = "ticket7";

    /// <summary>One that somebody typed in most of them.</summary>
    public const string CommonWord = "pipeline";

    private const int Portion = 2_000;

    /// <summary>In order. Partitions of the months come first.</summary>
    public static IEnumerable<string> Statements(DateTimeOffset now, string domain, int conversations)
    {
        for (var month = now.AddDays(-60); month <= now.AddMonths(1); month = month.AddMonths(1))
            yield return $"SELECT nexus_ensure_month('{Iso(month)}')";
        for (var first = 1; first <= conversations; first += Portion)
            yield return Functions(now) + Requests(domain, $"generate_series({first}, {Math.Min(conversations, first + Portion - 1)}) c CROSS JOIN LATERAL generate_series(1, 20 + c * 7919 % 31) t", "NULL", "bench_id(c, t - 1)");
        yield return Functions(now) + Singles(domain, conversations);
        yield return Functions(now) + Sums(domain);
    }

    /// <summary>One conversation of so many requests, its last within the hour: long runs on the main line, a branch now and then, subagents, side calls, failures.</summary>
    public static string Long(DateTimeOffset now, string domain, int requests) => Functions(now) + Requests(domain, $"(SELECT 0 AS c) one CROSS JOIN generate_series(1, {requests}) t", """
        CASE WHEN t < 10 THEN NULL WHEN t % 50 = 7 THEN 'side' WHEN t % 200 BETWEEN 60 AND 79 THEN 'subtask_' || (1 + t / 200) WHEN t % 500 BETWEEN 300 AND 320 THEN 'branch_2026110100' || lpad((t / 500)::text, 4, '0') END
        """, "bench_id(c, CASE WHEN t % 50 = 8 THEN t - 2 WHEN t % 200 = 80 THEN t - 21 WHEN t % 500 = 321 THEN t - 22 ELSE t - 1 END)") + Sums(domain);

    /// <summary>The id of the conversation that <see cref="Long"/> makes.</summary>
    public static string LongId(DateTimeOffset now) => Functions(now) + "SELECT pg_temp.bench_id(0, 1)::text";

    /// <summary>When a turn was and what its id is, for the time of one session with the server. Turns are 20 seconds apart; conversation 0 is the long one.</summary>
    private static string Functions(DateTimeOffset now) => $"""
        CREATE OR REPLACE FUNCTION pg_temp.bench_at(c int, t int) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
            $$ SELECT '{Iso(now)}'::timestamptz + CASE c WHEN 0 THEN interval '-12 hours' ELSE interval '-1 hour' - interval '1 second' * ((c::bigint * 7919 % 4320000)) END + interval '20 seconds' * t + interval '1 millisecond' * (c % 1000) $$;
        CREATE OR REPLACE FUNCTION pg_temp.bench_id(c int, t int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
            $$ SELECT (lpad(to_hex((extract(epoch FROM pg_temp.bench_at(c, t)) * 1000)::bigint), 12, '0') || '7' || substr(md5(c || '-' || t), 1, 3) || '8' || substr(md5(c || '-' || t), 4, 15))::uuid $$;
        CREATE OR REPLACE FUNCTION pg_temp.bench_hash(what text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT ('x' || substr(md5(what), 1, 16))::bit(64)::bigint $$;

        """;

    /// <param name="turns">A FROM list with the columns c and t.</param>
    private static string Requests(string domain, string turns, string branch, string parent) => $"""
        INSERT INTO requests (started_at, id, domain, method, path, outcome, status, account_id, key_id, owner, model_requested, model_served, request_type, lane, streaming,
            input_tokens, output_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens, cache_read_tokens, cost_micros, price_version, cache_savings_micros,
            first_byte_ms, first_token_ms, duration_ms, tool_calls, stop_reason, message_count, conversation_id, branch_id, parent_id, prefix_hash, answer_hash, person, session_id,
            client, message_id, body_hash, request_bytes, response_bytes, payload)
        SELECT pg_temp.bench_at(c, t), pg_temp.bench_id(c, t), '{domain}', 'POST', '/v1/messages', CASE WHEN t % 97 = 0 THEN 'upstream_error' ELSE 'completed' END, CASE WHEN t % 97 = 0 THEN 529 ELSE 200 END,
            'acc_' || c % 4, 'key_' || c % 24, 'person ' || c % 24, 'claude-opus-5', 'claude-opus-5', 'inference', CASE WHEN branch LIKE 'subtask%' THEN 'subagent' WHEN branch = 'side' THEN 'title' ELSE 'main' END, true,
            20, 300, 900, 0, 20000 + t * 600, 30000, 1, 90000, 400, 500, 4000, t % 3, 'tool_use', 2 * t - 1,
            pg_temp.bench_id(c, 1), branch, CASE WHEN t > 1 THEN pg_temp.{parent} END, pg_temp.bench_hash('prefix ' || c || '-' || t),
            CASE WHEN c % 2 = 1 OR t < 3 THEN pg_temp.bench_hash('answer ' || c || '-' || t) END, c % 24, CASE WHEN c % 2 = 0 THEN md5('session ' || c)::uuid::text END,
            'claude-cli/2.1.330', 'msg_' || c || '_' || t, decode(md5('body ' || c || '-' || t), 'hex'), 120000, 4000, 'none'
        FROM (SELECT c, t, {branch} AS branch FROM {turns}) turn
        ON CONFLICT DO NOTHING;

        """;

    /// <summary>As many requests that nothing went on from.</summary>
    private static string Singles(string domain, int count) => $"""
        INSERT INTO requests (started_at, id, domain, method, path, outcome, status, model_requested, model_served, request_type, lane, streaming, input_tokens, output_tokens,
            cache_creation_5m_tokens, cache_creation_1h_tokens, cache_read_tokens, cache_savings_micros, duration_ms, tool_calls, message_count, prefix_hash, answer_hash, person, body_hash, request_bytes, response_bytes, payload)
        SELECT pg_temp.bench_at(c, 60), pg_temp.bench_id(c, 60), '{domain}', 'POST', '/v1/messages', 'completed', 200, 'claude-haiku-4-5', 'claude-haiku-4-5', 'inference', 'main', false, 300, 20,
            0, 0, 0, 0, 700, 0, 1, pg_temp.bench_hash('single ' || c), pg_temp.bench_hash('answer ' || c), c % 24, decode(md5('single ' || c), 'hex'), 600, 400, 'none'
        FROM generate_series(1, {count}) c ON CONFLICT DO NOTHING;

        """;

    /// <summary>What ingest would have kept of the requests that are there, and the words of one turn in five.</summary>
    private static string Sums(string domain) => $"""
        INSERT INTO conversations (id, domain, started_at, last_at, last_hour, title, owners, key_ids, accounts, models, latest_id, latest_at, latest_model, context_tokens, requests, turns, tool_calls, errors,
            subagents, compactions, forks, input_tokens, output_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens, cache_read_tokens, cost_micros, duration_ms)
        SELECT conversation_id, domain, min(started_at), max(started_at), date_trunc('hour', max(started_at), 'UTC'), 'Mend the release pipeline, ' || min(message_id), array_agg(DISTINCT owner), array_agg(DISTINCT key_id),
            array_agg(DISTINCT account_id), array_agg(DISTINCT model_served), (array_agg(id ORDER BY started_at DESC))[1], max(started_at), max(model_served), max(cache_read_tokens), count(*), count(*), sum(tool_calls),
            count(*) FILTER (WHERE status >= 400), count(DISTINCT branch_id) FILTER (WHERE branch_id LIKE 'subtask%'), 0, count(DISTINCT branch_id) FILTER (WHERE branch_id LIKE 'branch%'),
            sum(input_tokens), sum(output_tokens), sum(cache_creation_5m_tokens), 0, sum(cache_read_tokens), sum(cost_micros), sum(duration_ms)
        FROM requests WHERE domain = '{domain}' AND conversation_id IS NOT NULL GROUP BY conversation_id, domain ON CONFLICT DO NOTHING;
        INSERT INTO conversation_branches (conversation_id, name, started_at, last_at, requests, tool_calls, errors, input_tokens, output_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens, cache_read_tokens, cost_micros)
        SELECT conversation_id, branch_id, min(started_at), max(started_at), count(*), sum(tool_calls), count(*) FILTER (WHERE status >= 400), sum(input_tokens), sum(output_tokens), sum(cache_creation_5m_tokens), 0, sum(cache_read_tokens), sum(cost_micros)
        FROM requests WHERE domain = '{domain}' AND branch_id IS NOT NULL GROUP BY 1, 2 ON CONFLICT DO NOTHING;
        INSERT INTO conversation_sessions (domain, session_id, conversation_id)
        SELECT DISTINCT domain, session_id, conversation_id FROM requests WHERE domain = '{domain}' AND session_id IS NOT NULL AND conversation_id IS NOT NULL ON CONFLICT DO NOTHING;
        INSERT INTO conversation_hooks (hash, request_id, position)
        SELECT pg_temp.bench_hash('hook ' || id), id, 0 FROM requests WHERE domain = '{domain}' AND conversation_id IS NOT NULL AND message_count % 40 = 9 ON CONFLICT DO NOTHING;
        INSERT INTO conversation_words (conversation_id, request_id, words)
        SELECT conversation_id, id, strip(to_tsvector('simple', 'please ' || (ARRAY['mend', 'explain', 'deploy', 'review', 'measure', 'rename', 'test'])[1 + person % 7] || ' the ' ||
            (ARRAY['{CommonWord}', 'parser', 'invoice', 'schema', 'gateway', 'cache', 'ledger', 'report', 'login'])[1 + abs(prefix_hash % 9)] || ' of ticket' || abs(prefix_hash / 9 % 350) || ' before the release'))
        FROM requests WHERE domain = '{domain}' AND conversation_id IS NOT NULL AND message_count % 10 = 1 ON CONFLICT DO NOTHING;

        """;

    private static string Iso(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
