using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Conversations;

/// <summary>Writes what placing a batch has changed: places of requests stored before, and what is known of their conversations.</summary>
internal sealed class ConversationWriter(NpgsqlConnection connection, LinkIndex index, Linker linker)
{
    private readonly List<LinkNode> _moved = [.. index.All.Where(node => node.Stored is { } stored && stored != node.Place)];

    /// <param name="items">Those that were really stored.</param>
    public async Task WriteAsync(IReadOnlyList<LinkItem> items, CancellationToken cancellation)
    {
        var anew = _moved.Select(node => node.Conversation).Concat(linker.LaidOut.Select(id => (Guid?)id)).Concat(linker.Merged.Select(merged => (Guid?)merged.Into)).OfType<Guid>().Except(linker.Merged.Select(merged => merged.From)).ToHashSet();
        await using (var batch = new NpgsqlBatch(connection))
        {
            Moves(batch);
            Sessions(batch, items);
            Hooks(batch, items);
            Words(batch, items);
            if (batch.BatchCommands.Count > 0)
                await batch.ExecuteNonQueryAsync(cancellation);
        }

        await ConversationTotals.AddAsync(connection, [.. items.Where(item => item.Node.Conversation is { } id && !anew.Contains(id))], cancellation);
        await ConversationTotals.MakeAnewAsync(connection, anew, Titles(items, anew), cancellation);
    }

    /// <summary>Writes all that is known of some conversations, whatever was known before but words, which are added.</summary>
    /// <param name="items">Their requests, which are stored; of conversations that began earlier, the later ones.</param>
    public async Task WriteAnewAsync(IReadOnlyList<LinkItem> items, IReadOnlyCollection<Guid> conversations, CancellationToken cancellation)
    {
        await using (var batch = new NpgsqlBatch(connection))
        {
            Moves(batch);
            Sessions(batch, items);
            Hooks(batch, items);
            Words(batch, items);
            if (batch.BatchCommands.Count > 0)
                await batch.ExecuteNonQueryAsync(cancellation);
        }

        foreach (var some in conversations.Chunk(500))
            await ConversationTotals.MakeAnewAsync(connection, some, Titles(items, [.. some]), cancellation);
    }

    private void Moves(NpgsqlBatch batch)
    {
        if (_moved.Count > 0)
            batch.BatchCommands.Add(Places(_moved));
        foreach (var (from, into) in linker.Merged)
        {
            // An analysis goes along where there is none of the branch yet.
            batch.BatchCommands.Add(new("""
                UPDATE analyses a SET conversation_id = $2
                WHERE conversation_id = $1 AND NOT EXISTS (SELECT 1 FROM analyses other WHERE other.conversation_id = $2 AND other.branch_id = a.branch_id)
                """)
            {
                Parameters = { new() { Value = from }, new() { Value = into } },
            });
            batch.BatchCommands.Add(new("DELETE FROM analyses WHERE conversation_id = $1") { Parameters = { new() { Value = from } } });
            batch.BatchCommands.Add(new("""
                WITH words AS (UPDATE conversation_words SET conversation_id = $2 WHERE conversation_id = $1), sessions AS (UPDATE conversation_sessions SET conversation_id = $2 WHERE conversation_id = $1),
                    branches AS (DELETE FROM conversation_branches WHERE conversation_id = $1)
                DELETE FROM conversations WHERE id = $1
                """)
            {
                Parameters = { new() { Value = from }, new() { Value = into } },
            });
        }
    }

    public static NpgsqlBatchCommand Places(IReadOnlyCollection<LinkNode> nodes) => new("""
        UPDATE requests r SET conversation_id = n.conversation, branch_id = n.branch, parent_id = n.parent, attempt_of = n.attempt, missing_parent = n.missing
        FROM unnest($1, $2, $3, $4, $5, $6, $7) AS n (at, id, conversation, branch, parent, attempt, missing)
        WHERE r.started_at = n.at AND r.id = n.id AND r.started_at BETWEEN $8 AND $9
        """)
    {
        Parameters =
        {
            StoredNodes.Times(nodes.Select(node => node.At)),
            new() { Value = nodes.Select(node => node.Id).ToArray() },
            StoredNodes.Ids(nodes.Select(node => node.Conversation)),
            StoredNodes.Texts(nodes.Select(node => node.Branch is BranchNames.Main ? null : node.Branch)),
            StoredNodes.Ids(nodes.Select(node => node.Parent)),
            StoredNodes.Ids(nodes.Select(node => node.AttemptOf)),
            new() { Value = nodes.Select(node => node.Missing).ToArray(), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Bigint },
            new() { Value = nodes.Min(node => node.At) },
            new() { Value = nodes.Max(node => node.At) },
        },
    };

    private void Sessions(NpgsqlBatch batch, IReadOnlyList<LinkItem> items)
    {
        var sessions = items.Select(item => item.Node).Concat(_moved).Where(node => node.Session is not null).Select(node => (node.Domain, Session: node.Session!)).Distinct()
            .OrderBy(pair => pair.Domain, StringComparer.Ordinal).ThenBy(pair => pair.Session, StringComparer.Ordinal).ToList();
        if (sessions.Count == 0)
            return;
        batch.BatchCommands.Add(new("""
            INSERT INTO conversation_sessions AS known (domain, session_id, conversation_id) SELECT * FROM unnest($1, $2, $3)
            ON CONFLICT (domain, session_id) DO UPDATE SET conversation_id = excluded.conversation_id WHERE known.conversation_id <> excluded.conversation_id
            """)
        {
            Parameters = { StoredNodes.Texts(sessions.Select(pair => pair.Domain)), StoredNodes.Texts(sessions.Select(pair => pair.Session)), new() { Value = sessions.Select(pair => index.Sessions[pair]).ToArray() } },
        });
    }

    private void Hooks(NpgsqlBatch batch, IReadOnlyList<LinkItem> items)
    {
        var stored = items.Select(item => item.Node.Id).ToHashSet();
        var added = index.AllHooks.Where(hook => stored.Contains(hook.Place.By)).ToList();
        if (added.Count > 0)
            batch.BatchCommands.Add(new("INSERT INTO conversation_hooks (hash, request_id, position, claimed_by) SELECT * FROM unnest($1, $2, $3, $4) ON CONFLICT (hash, request_id, position) DO UPDATE SET claimed_by = excluded.claimed_by")
            {
                Parameters =
                {
                    StoredNodes.Longs(added.Select(hook => hook.Hash)), new() { Value = added.Select(hook => hook.Place.By).ToArray() },
                    new() { Value = added.Select(hook => hook.Place.Position).ToArray() }, StoredNodes.Ids(added.Select(hook => hook.Place.ClaimedBy)),
                },
            });
        var claimed = index.AllHooks.Where(hook => hook.Place.IsNewlyClaimed && !stored.Contains(hook.Place.By)).ToList();
        if (claimed.Count > 0)
            batch.BatchCommands.Add(new("UPDATE conversation_hooks h SET claimed_by = n.claimed FROM unnest($1, $2, $3, $4) AS n (hash, id, position, claimed) WHERE h.hash = n.hash AND h.request_id = n.id AND h.position = n.position")
            {
                Parameters =
                {
                    StoredNodes.Longs(claimed.Select(hook => hook.Hash)), new() { Value = claimed.Select(hook => hook.Place.By).ToArray() },
                    new() { Value = claimed.Select(hook => hook.Place.Position).ToArray() }, StoredNodes.Ids(claimed.Select(hook => hook.Place.ClaimedBy)),
                },
            });
    }

    private void Words(NpgsqlBatch batch, IReadOnlyList<LinkItem> items)
    {
        var typed = items.Where(item => item.Node is { Conversation: not null, AttemptOf: null, IsSide: false, Agent: null } && !BranchNames.IsSubagent(item.Node.Branch) && item.Evidence.Typed is not null)
            .Select(item => (Conversation: item.Node.Conversation!.Value, item.Node.Id, Text: item.Evidence.Typed!)).ToList();
        // A request that was a conversation by itself has left its words to who went on from it.
        foreach (var root in _moved.Where(node => node.Stored!.Conversation is null && node.Id == node.Conversation))
            if (items.FirstOrDefault(item => item.Node.Conversation == root.Id)?.Evidence.Opening is { } opening)
                typed.Add((root.Id, root.Id, opening));
        if (typed.Count == 0)
            return;
        batch.BatchCommands.Add(new("INSERT INTO conversation_words (conversation_id, request_id, words) SELECT c, r, strip(to_tsvector('simple', t)) FROM unnest($1, $2, $3) AS n (c, r, t) ON CONFLICT DO NOTHING")
        {
            Parameters = { new() { Value = typed.Select(words => words.Conversation).ToArray() }, new() { Value = typed.Select(words => words.Id).ToArray() }, StoredNodes.Texts(typed.Select(words => words.Text)) },
        });
    }

    private static Dictionary<Guid, string> Titles(IReadOnlyList<LinkItem> items, HashSet<Guid> conversations) =>
        items.Where(item => item.Node is { Conversation: { } id, IsSide: false, Agent: null } && conversations.Contains(id) && !BranchNames.IsSubagent(item.Node.Branch))
            .Select(item => (Id: item.Node.Conversation!.Value, Title: HumanWords.Title(item.Evidence.Opening))).Where(pair => pair.Title is not null)
            .GroupBy(pair => pair.Id).ToDictionary(group => group.Key, group => group.First().Title!);
}
