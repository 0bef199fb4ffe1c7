using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Conversations.Rebuilding;

/// <summary>The requests of one domain, placed anew in memory (about 500 bytes each), and what that changes.</summary>
internal sealed class DomainRebuild
{
    private readonly LinkIndex _index = new();
    private readonly Linker _linker;
    private readonly Dictionary<Guid, (LinkItem Item, LinkPlace Before, long? Prefix, long? Answer)> _placed = [];
    private readonly HashSet<Guid> _conversationsBefore = [];
    private long _unkept;

    public DomainRebuild(string domain)
    {
        Domain = domain;
        _linker = new Linker(_index);
    }

    public string Domain { get; }

    /// <summary>Up to where the requests have been placed.</summary>
    public (DateTimeOffset At, Guid Id) Last { get; private set; } = (DateTimeOffset.UnixEpoch, Guid.Empty);

    public RebuildSummary Summary => new(_placed.Count, _unkept, Changed.Count(), _conversationsBefore.Count, _placed.Values.Select(placed => placed.Item.Node.Conversation).OfType<Guid>().Distinct().Count());

    private IEnumerable<(LinkItem Item, LinkPlace Before, long? Prefix, long? Answer)> Changed => _placed.Values.Where(placed => placed.Item.Node.Place != placed.Before || placed.Prefix != placed.Item.Node.Prefix || placed.Answer != placed.Item.Node.Answer);

    /// <summary>Takes the two months before as they are: what follows may go on from them.</summary>
    public async Task RememberAsync(NpgsqlConnection connection, DateTimeOffset since, CancellationToken cancellation)
    {
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
        }
    }

    public void Place(LedgerRow row, LinkItem? item)
    {
        Last = (row.StartedAt, row.Id);
        if (row.ConversationId is { } conversation)
            _conversationsBefore.Add(conversation);
        if (item is null && row.PrefixHash is not null)
        {
            _unkept++;
            item = StoredEvidence.OfHashes(row, row.ParentId is { } parent && _placed.TryGetValue(parent, out var placed) ? placed.Item.Row : null);
        }

        if (item is null)
            return;
        var before = new LinkPlace(row.ConversationId, row.BranchId ?? (row.ConversationId is null ? null : BranchNames.Main), row.ParentId, row.AttemptOf, row.MissingParent);
        var (prefix, answer) = (row.PrefixHash, row.AnswerHash);
        _linker.Place(item.Node, item.Evidence, item.Answer);
        _placed[row.Id] = (item, before, prefix, answer);
    }

    /// <summary>Writes what has changed. The domain must be locked.</summary>
    public async Task WriteAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        List<LinkItem> changed = [.. Changed.Select(placed => placed.Item)];
        foreach (var some in changed.Select(item => item.Node).Chunk(1000))
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

        var conversations = _placed.Values.Select(placed => placed.Item.Node.Conversation).OfType<Guid>().ToHashSet();
        await using (var gone = new NpgsqlBatch(connection))
        {
            Guid[] ids = [.. _conversationsBefore.Except(conversations)];
            foreach (var table in new[] { "conversation_branches WHERE conversation_id", "conversation_words WHERE conversation_id", "analyses WHERE conversation_id", "conversations WHERE id" })
                gone.BatchCommands.Add(new($"DELETE FROM {table} = ANY($1)") { Parameters = { new() { Value = ids } } });
            await gone.ExecuteNonQueryAsync(cancellation);
        }

        await new ConversationWriter(connection, _index, _linker).WriteAnewAsync([.. _placed.Values.Select(placed => placed.Item)], conversations, cancellation);
    }
}
