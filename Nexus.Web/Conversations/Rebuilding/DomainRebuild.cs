using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Conversations.Rebuilding;

/// <summary>The requests of one domain, placed anew in memory (some kilobytes each where bodies are kept, until it is written), and what that changes.</summary>
internal sealed class DomainRebuild
{
    private readonly LinkIndex _index = new();
    private readonly Linker _linker;
    private readonly Dictionary<Guid, (LinkItem Item, LinkPlace Before, long? Prefix, long? Answer)> _placed = [];
    private readonly HashSet<Guid> _conversationsBefore = [];
    private readonly HashSet<Guid> _kept = [];
    private ILookup<Guid, StoredHook> _hooks = Array.Empty<StoredHook>().ToLookup(hook => hook.By);

    public DomainRebuild(string domain)
    {
        Domain = domain;
        _linker = new Linker(_index);
    }

    public string Domain { get; }

    /// <summary>Up to where the requests have been placed.</summary>
    public (DateTimeOffset At, Guid Id) Last { get; private set; } = (DateTimeOffset.UnixEpoch, Guid.Empty);

    public RebuildSummary Summary => new(_placed.Count, _kept.Count, Changed.Count(), _conversationsBefore.Count, _placed.Values.Select(placed => placed.Item.Node.Conversation).OfType<Guid>().Distinct().Count());

    private IEnumerable<(LinkItem Item, LinkPlace Before, long? Prefix, long? Answer)> Changed => _placed.Values.Where(placed => placed.Item.Node.Place != placed.Before || placed.Prefix != placed.Item.Node.Prefix || placed.Answer != placed.Item.Node.Answer);

    /// <summary>Takes the two months before as they are: what follows may go on from them. And what answers are known to be gone on from by.</summary>
    public async Task RememberAsync(NpgsqlConnection connection, DateTimeOffset since, CancellationToken cancellation)
    {
        _hooks = (await StoredHook.ReadAsync(connection, since - KnownRequests.LookedFor, since, cancellation)).ToLookup(hook => hook.By);
        if (since <= DateTimeOffset.UnixEpoch)
            return;
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new($"SELECT {StoredNodes.Columns} FROM requests r WHERE r.domain = $1 AND r.started_at >= $2 AND r.started_at < $3 AND r.prefix_hash IS NOT NULL") { Parameters = { new() { Value = Domain }, new() { Value = (since - KnownRequests.LookedFor).ToUniversalTime() }, new() { Value = since.ToUniversalTime() } } },
                new("""
                    SELECT s.session_id, s.conversation_id FROM conversation_sessions s
                    WHERE s.domain = $1 AND EXISTS (SELECT 1 FROM requests r WHERE r.domain = $1 AND r.session_id = s.session_id AND r.started_at >= $2 AND r.started_at < $3)
                    """) { Parameters = { new() { Value = Domain }, new() { Value = (since - KnownRequests.LookedFor).ToUniversalTime() }, new() { Value = since.ToUniversalTime() } } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await StoredNodes.AddToAsync(_index, reader, cancellation);
        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            _index.Sessions[(Domain, reader.GetString(0))] = reader.GetGuid(1);
        foreach (var node in _index.All)
        {
            if (node.Conversation is { } conversation && node.Branch is { } branch)
                (_index.Tallies.TryGetValue(conversation, out var tally) ? tally : _index.Tallies[conversation] = new()).Names.Add(branch);
            if (node.AttemptOf is not null && node.Completed)
                _index.Node(node).Completed = true;
            Hang(node);
        }
    }

    public void Place(LedgerRow row, LinkItem? item)
    {
        Last = (row.StartedAt, row.Id);
        if (row.ConversationId is { } conversation)
            _conversationsBefore.Add(conversation);
        var before = new LinkPlace(row.ConversationId, row.BranchId ?? (row.ConversationId is null ? null : BranchNames.Main), row.ParentId, row.AttemptOf, row.MissingParent);
        var (prefix, answer) = (row.PrefixHash, row.AnswerHash);
        if (item is not null)
            _linker.Place(item.Node, item.Evidence, item.Answer);
        else if ((item = StoredEvidence.OfHashes(row)) is not null)
            Keep(item.Node, before, answer);
        else
            return;
        _placed[row.Id] = (item, before, prefix, answer);
    }

    /// <summary>
    /// A request of which nothing but hashes is kept stays where it was: hashes alone do not tell a compaction or a subagent. Where what it hangs on
    /// is in another conversation now, it goes along.
    /// </summary>
    private void Keep(LinkNode node, LinkPlace place, long? answer)
    {
        _kept.Add(node.Id);
        (node.Conversation, node.Branch, node.Parent, node.AttemptOf, node.Missing, node.Answer) = (place.Conversation, place.Branch, place.Parent, place.AttemptOf, place.Missing, answer);
        if ((place.AttemptOf ?? place.Parent) is { } above && _index.Find(above) is { Conversation: { } conversation } && conversation != node.Conversation)
            (node.Conversation, node.Branch) = (conversation, node.Branch ?? BranchNames.Main);
        _index.Add(node);
        if (node.AttemptOf is not null && node.Completed)
            _index.Node(node).Completed = true;
        if (node.Conversation is { } own)
        {
            if (node.Session is not null)
                _index.Sessions.TryAdd((node.Domain, node.Session), own);
            var tally = _index.Tallies.TryGetValue(own, out var known) ? known : _index.Tallies[own] = new();
            if (node.Branch is { } branch && !tally.Names.Contains(branch))
                tally.Take(branch);
        }

        Hang(node);
    }

    /// <summary>What its answer may be gone on from by, as the database has it.</summary>
    private void Hang(LinkNode node)
    {
        foreach (var hook in _hooks[node.Id])
            _index.Add(hook.Hash, new HookPlace(_index.Node(node), hook.Position) { By = hook.By, ClaimedBy = hook.ClaimedBy });
    }

    /// <summary>Writes what has changed. The domain must be locked.</summary>
    public async Task WriteAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await WritePlacesAsync(connection, [.. Changed.Select(placed => placed.Item.Node)], cancellation);
        var conversations = _placed.Values.Select(placed => placed.Item.Node.Conversation).OfType<Guid>().ToHashSet();
        var left = await WithRequestsAsync(connection, [.. _conversationsBefore.Except(conversations)], cancellation);
        await using (var gone = new NpgsqlBatch(connection))
        {
            Guid[] ids = [.. _conversationsBefore.Except(conversations).Except(left)];
            foreach (var table in new[] { "conversation_branches WHERE conversation_id", "conversation_words WHERE conversation_id", "analyses WHERE conversation_id", "conversations WHERE id" })
                gone.BatchCommands.Add(new($"DELETE FROM {table} = ANY($1)") { Parameters = { new() { Value = ids } } });
            // Words go with the requests that they are of: those that are read again are told again, the others' are all there is of them.
            gone.BatchCommands.Add(new("DELETE FROM conversation_words WHERE conversation_id = ANY($1) AND request_id = ANY($2)")
            {
                Parameters = { new() { Value = _conversationsBefore.Union(conversations).ToArray() }, new() { Value = _placed.Keys.Except(_kept).ToArray() } },
            });
            List<(LinkNode Node, Guid From, Guid To)> moved = [.. Changed.Where(placed => _kept.Contains(placed.Item.Node.Id)).Select(placed => (placed.Item.Node, From: placed.Before.Conversation, To: placed.Item.Node.Conversation))
                .Where(move => move.From is not null && move.To is not null && move.From != move.To).Select(move => (move.Node, move.From!.Value, move.To!.Value))];
            gone.BatchCommands.Add(new("UPDATE conversation_words w SET conversation_id = n.target FROM unnest($1, $2, $3) AS n (id, origin, target) WHERE w.conversation_id = n.origin AND w.request_id = n.id")
            {
                Parameters = { new() { Value = moved.Select(move => move.Node.Id).ToArray() }, new() { Value = moved.Select(move => move.From).ToArray() }, new() { Value = moved.Select(move => move.To).ToArray() } },
            });
            await gone.ExecuteNonQueryAsync(cancellation);
        }

        await new ConversationWriter(connection, _index, _linker).WriteAnewAsync([.. _placed.Values.Select(placed => placed.Item)], [.. conversations.Union(left)], cancellation);
    }

    private static async Task WritePlacesAsync(NpgsqlConnection connection, IReadOnlyList<LinkNode> nodes, CancellationToken cancellation)
    {
        foreach (var some in nodes.Chunk(1000))
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(ConversationWriter.Places(some));
            batch.BatchCommands.Add(new("UPDATE requests r SET prefix_hash = n.prefix, answer_hash = n.answer, person = n.person FROM unnest($1, $2, $3, $4, $5) AS n (at, id, prefix, answer, person) WHERE r.started_at = n.at AND r.id = n.id")
            {
                Parameters =
                {
                    StoredNodes.Times(some.Select(node => node.At)), new() { Value = some.Select(node => node.Id).ToArray() }, new() { Value = some.Select(node => node.Prefix!.Value).ToArray() },
                    new() { Value = some.Select(node => node.Answer).ToArray(), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Bigint }, new() { Value = some.Select(node => node.Person).ToArray() },
                },
            });
            await batch.ExecuteNonQueryAsync(cancellation);
        }
    }

    /// <summary>Those of some conversations that still have requests: from before the time that is placed anew.</summary>
    private static async Task<List<Guid>> WithRequestsAsync(NpgsqlConnection connection, Guid[] conversations, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("""
            SELECT n.id FROM unnest($1, $2) AS n (id, at)
            WHERE EXISTS (SELECT 1 FROM requests r WHERE r.conversation_id = n.id AND r.conversation_id <> r.id)
                OR EXISTS (SELECT 1 FROM requests r WHERE r.started_at = n.at AND r.id = n.id AND r.conversation_id = r.id)
            """, connection)
        {
            Parameters = { new() { Value = conversations }, StoredNodes.Times(conversations.Select(Capture.PayloadReader.StartOf)) },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var left = new List<Guid>();
        while (await reader.ReadAsync(cancellation))
            left.Add(reader.GetGuid(0));
        return left;
    }
}
