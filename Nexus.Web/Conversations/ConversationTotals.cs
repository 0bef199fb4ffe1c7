using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Conversations;

/// <summary>Keeps the rows of conversations and branches: adds to them, or makes them anew from the ledger where requests have changed places.</summary>
internal static class ConversationTotals
{
    private static readonly string[] Sums = ["requests", "tool_calls", "errors", "input_tokens", "output_tokens", "cache_creation_5m_tokens", "cache_creation_1h_tokens", "cache_read_tokens", "cost_micros"];

    private static readonly string Conversations = string.Join(", ", ConversationColumns.Conversations.Select(column => column.Name));
    private static readonly string Branches = string.Join(", ", ConversationColumns.Branches.Select(column => column.Name));

    public static async Task CreateTablesAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var create = new NpgsqlCommand("""
            CREATE TEMP TABLE IF NOT EXISTS incoming_conversations (LIKE conversations INCLUDING DEFAULTS) ON COMMIT DELETE ROWS;
            CREATE TEMP TABLE IF NOT EXISTS incoming_conversation_branches (LIKE conversation_branches INCLUDING DEFAULTS) ON COMMIT DELETE ROWS;
            """, connection);
        await create.ExecuteNonQueryAsync(cancellation);
    }

    public static async Task AddAsync(NpgsqlConnection connection, IReadOnlyList<LinkItem> items, CancellationToken cancellation)
    {
        if (items.Count == 0)
            return;
        await LedgerWriter.CopyAsync(connection, "incoming_conversations", ConversationColumns.Conversations, ConversationSums.Conversations(items), cancellation);
        var branches = ConversationSums.Branches(items);
        if (branches.Count > 0)
            await LedgerWriter.CopyAsync(connection, "incoming_conversation_branches", ConversationColumns.Branches, branches, cancellation);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new($"""
            INSERT INTO conversations AS known ({Conversations}) SELECT {Conversations} FROM incoming_conversations ORDER BY id
            ON CONFLICT (id) DO UPDATE SET {string.Join(", ", Sums.Concat(["turns", "duration_ms"]).Select(Sum))},
            started_at = least(known.started_at, excluded.started_at), last_at = greatest(known.last_at, excluded.last_at), last_hour = greatest(known.last_hour, excluded.last_hour),
            title = coalesce(known.title, excluded.title),
            {string.Join(", ", new[] { "owners", "key_ids", "accounts", "models" }.Select(Union))},
            {string.Join(", ", new[] { "latest_id", "latest_at", "latest_model" }.Select(name => $"{name} = CASE WHEN excluded.latest_at >= coalesce(known.latest_at, '-infinity') THEN excluded.{name} ELSE known.{name} END"))},
            context_tokens = CASE WHEN excluded.context_tokens > 0 AND excluded.latest_at >= coalesce(known.latest_at, '-infinity') THEN excluded.context_tokens ELSE known.context_tokens END
            """));
        if (branches.Count > 0)
        {
            batch.BatchCommands.Add(new($"""
                INSERT INTO conversation_branches AS known ({Branches}) SELECT {Branches} FROM incoming_conversation_branches ORDER BY conversation_id, name
                ON CONFLICT (conversation_id, name) DO UPDATE SET {string.Join(", ", Sums.Select(Sum))}, started_at = least(known.started_at, excluded.started_at), last_at = greatest(known.last_at, excluded.last_at)
                """));
            batch.BatchCommands.Add(Kinds(branches.Select(branch => branch.ConversationId)));
        }

        await batch.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Adds up the ledger's rows of some conversations. Titles stay, or are those given.</summary>
    public static async Task MakeAnewAsync(NpgsqlConnection connection, IReadOnlyCollection<Guid> conversations, IReadOnlyDictionary<Guid, string> titles, CancellationToken cancellation)
    {
        if (conversations.Count == 0)
            return;
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new("DELETE FROM conversation_branches WHERE conversation_id = ANY($1)") { Parameters = { new() { Value = conversations.ToArray() } } });
        batch.BatchCommands.Add(With(conversations, $"""
            INSERT INTO conversation_branches ({Branches}) SELECT conversation_id, branch_id, min(started_at), max(started_at), {Added} FROM row WHERE branch_id IS NOT NULL GROUP BY 1, 2
            """));
        batch.BatchCommands.Add(With(conversations, $"""
            INSERT INTO conversations ({Conversations})
            SELECT conversation_id, min(domain), min(started_at), max(started_at), date_trunc('hour', max(started_at), 'UTC'), NULL,
                {string.Join(", ", new[] { "owner", "key_id", "account_id", "model" }.Select(name => $"coalesce(array_agg(DISTINCT {name}) FILTER (WHERE {name} IS NOT NULL), '{{}}')"))},
                {string.Join(", ", new[] { "id", "started_at", "model" }.Select(name => $"(array_agg({name} ORDER BY prompt > 0 DESC, started_at DESC) FILTER (WHERE on_line))[1]"))},
                coalesce((array_agg(prompt ORDER BY prompt > 0 DESC, started_at DESC) FILTER (WHERE on_line))[1], 0),
                count(*), count(*) FILTER (WHERE branch_id IS DISTINCT FROM 'side' AND attempt_of IS NULL), sum(tool_calls), count(*) FILTER (WHERE error), 0, 0, 0,
                sum(input_tokens), sum(output_tokens), sum(cache_creation_5m_tokens), sum(cache_creation_1h_tokens), sum(cache_read_tokens), coalesce(sum(cost_micros), 0), sum(duration_ms)
            FROM row GROUP BY 1
            ON CONFLICT (id) DO UPDATE SET {string.Join(", ", ConversationColumns.Conversations.Select(column => column.Name).Except(["id", "title", "domain"]).Select(name => $"{name} = excluded.{name}"))}
            """));
        batch.BatchCommands.Add(Kinds(conversations));
        batch.BatchCommands.Add(new("UPDATE conversations c SET title = n.title FROM unnest($1, $2) AS n (id, title) WHERE c.id = n.id AND c.title IS NULL")
        {
            Parameters = { new() { Value = titles.Keys.ToArray() }, StoredNodes.Texts(titles.Values) },
        });
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private const string Added = """
        count(*), sum(tool_calls), count(*) FILTER (WHERE error), sum(input_tokens), sum(output_tokens), sum(cache_creation_5m_tokens), sum(cache_creation_1h_tokens), sum(cache_read_tokens), coalesce(sum(cost_micros), 0)
        """;

    private static NpgsqlBatchCommand With(IReadOnlyCollection<Guid> conversations, string statement) => new($"""
        WITH row AS (
            SELECT *, coalesce(model_served, model_requested) AS model, input_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens + cache_read_tokens AS prompt,
                outcome IN ({Outcomes.FailedSql}) OR coalesce(status, 0) >= 400 AS error,
                coalesce(branch_id <> 'side' AND branch_id NOT LIKE 'subtask\_%', true) AS on_line
            FROM (
                SELECT * FROM requests WHERE conversation_id = ANY($1) AND conversation_id <> id
                UNION ALL SELECT r.* FROM unnest($1, $2) AS n (id, at) JOIN requests r ON r.started_at = n.at AND r.id = n.id AND r.conversation_id = r.id) r)
        {statement}
        """)
    {
        Parameters = { new() { Value = conversations.ToArray() }, StoredNodes.Times(conversations.Select(PayloadReader.StartOf)) },
    };

    private static NpgsqlBatchCommand Kinds(IEnumerable<Guid> conversations) => new("""
        UPDATE conversations c SET subagents = b.subagents, compactions = b.compactions, forks = b.forks
        FROM (
            SELECT conversation_id, count(*) FILTER (WHERE name LIKE 'subtask\_%') AS subagents, count(*) FILTER (WHERE name LIKE 'compact\_%') AS compactions,
                count(*) FILTER (WHERE name LIKE 'branch\_%' OR name LIKE 'fork\_%') AS forks
            FROM conversation_branches WHERE conversation_id = ANY($1) GROUP BY 1) b
        WHERE c.id = b.conversation_id AND (c.subagents, c.compactions, c.forks) IS DISTINCT FROM (b.subagents::int, b.compactions::int, b.forks::int)
        """)
    {
        Parameters = { new() { Value = conversations.Distinct().ToArray() } },
    };

    private static string Sum(string column) => $"{column} = known.{column} + excluded.{column}";

    private static string Union(string column) =>
        $"{column} = CASE WHEN known.{column} @> excluded.{column} THEN known.{column} ELSE (SELECT array_agg(DISTINCT name ORDER BY name) FROM unnest(known.{column} || excluded.{column}) AS name) END";
}
