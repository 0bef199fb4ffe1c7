using System.IO.Hashing;
using System.Text;
using Nexus.Web.Capture;
using Npgsql;

namespace Nexus.Web.Conversations;

/// <summary>
/// Reads what of the database matters to a batch's requests, in two statements' round trips for requests that go on where one
/// stored before them ended, and in two more when one does not. Domains are locked, so that two nodes decide one after the other.
/// </summary>
internal sealed class KnownRequests(NpgsqlConnection connection, IReadOnlyList<LinkItem> items)
{
    /// <summary>A history is looked for among requests of this time; sessions are known for ever.</summary>
    public static readonly TimeSpan LookedFor = TimeSpan.FromDays(62);

    private readonly DateTimeOffset _since = items.Min(item => item.Node.At) - LookedFor;
    private readonly LinkIndex _index = new();
    private readonly HashSet<Guid> _replayed = [];
    private readonly Dictionary<Guid, List<(long Hash, short Position, Guid? ClaimedBy)>> _hooks = [];

    /// <summary>Requests that are stored already: a replay. They are not placed again.</summary>
    public IReadOnlySet<Guid> Replayed => _replayed;

    public static async Task LockAsync(NpgsqlConnection connection, IEnumerable<string> domains, CancellationToken cancellation)
    {
        // In one order, so that two nodes never wait for each other.
        long[] keys = [.. domains.Distinct().Select(domain => unchecked((long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(domain), 0x6C696E6B))).Order()];
        await using var take = new NpgsqlCommand("SELECT pg_advisory_xact_lock(key) FROM unnest($1) AS key", connection) { Parameters = { new() { Value = keys } } };
        await take.ExecuteNonQueryAsync(cancellation);
    }

    public async Task<LinkIndex> LoadAsync(CancellationToken cancellation)
    {
        await FirstAsync(cancellation);
        await AroundAsync(cancellation);
        var lost = items.Where(IsLost).ToList();
        var whole = lost.Select(SessionOf).OfType<Guid>().Concat(Late()).ToHashSet();
        if (lost.Count == 0 && whole.Count == 0)
            return _index;
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(StoredNodes.OfConversations(whole));
        batch.BatchCommands.Add(StoredNodes.ById(whole));
        batch.BatchCommands.Add(StoredNodes.EndingAt([.. lost.Where(item => SessionOf(item) is null).SelectMany(item => item.Evidence.Boundaries).Distinct()], [], _since));
        await ReadNodesAsync(batch, cancellation);
        _index.Whole.UnionWith(whole);
        await AroundAsync(cancellation);
        return _index;
    }

    private async Task FirstAsync(CancellationToken cancellation)
    {
        var nodes = items.Select(item => item.Node).ToList();
        var sessions = nodes.Where(node => node.Session is not null).Select(node => (node.Domain, Session: node.Session!)).Distinct().ToList();
        var states = items.SelectMany(item => item.Evidence.Interior.Append(item.Node.Prefix!.Value).Concat(item.Evidence.Boundaries.TakeLast(1))).ToHashSet();
        var answered = items.Where(item => item.Evidence.Answers.Count > 0).Select(item => (item.Evidence.Boundaries[^1], item.Evidence.Answers[^1])).ToHashSet();
        var asked = items.SelectMany(item => (item.Evidence.Summaries ?? []).Concat(new[] { item.Evidence.Prompt, item.Evidence.Previous }.OfType<long>())).ToHashSet();
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("SELECT r.id FROM unnest($1, $2) AS n (at, id) JOIN requests r ON r.started_at = n.at AND r.id = n.id WHERE r.started_at BETWEEN $3 AND $4")
                {
                    Parameters = { StoredNodes.Times(nodes.Select(node => node.At)), new() { Value = nodes.Select(node => node.Id).ToArray() }, new() { Value = nodes.Min(node => node.At) }, new() { Value = nodes.Max(node => node.At) } },
                },
                new("SELECT s.domain, s.session_id, s.conversation_id FROM unnest($1, $2) AS n (domain, session_id) JOIN conversation_sessions s USING (domain, session_id)")
                {
                    Parameters = { StoredNodes.Texts(sessions.Select(pair => pair.Domain)), StoredNodes.Texts(sessions.Select(pair => pair.Session)) },
                },
                new("SELECT hash, request_id, position, claimed_by FROM conversation_hooks WHERE hash = ANY($1)") { Parameters = { StoredNodes.Longs(asked) } },
                StoredNodes.EndingAt(states, answered, _since),
                StoredNodes.Awaiting(nodes.Select(node => node.Prefix!.Value).Distinct(), _since),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            _replayed.Add(reader.GetGuid(0));
        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            _index.Sessions[(reader.GetString(0), reader.GetString(1))] = reader.GetGuid(2);
        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            if (!_hooks.TryGetValue(reader.GetGuid(1), out var hooks))
                _hooks[reader.GetGuid(1)] = hooks = [];
            hooks.Add((reader.GetInt64(0), reader.GetInt16(2), reader.IsDBNull(3) ? null : reader.GetGuid(3)));
        }

        while (await reader.NextResultAsync(cancellation))
            await StoredNodes.AddToAsync(_index, reader, cancellation);
    }

    /// <summary>What hangs on the requests found, which requests those repeat, and the names of the branches.</summary>
    private async Task AroundAsync(CancellationToken cancellation)
    {
        var (sessions, people) = (items.Select(item => item.Node.Session).ToHashSet(), items.Select(item => item.Node.Person).ToHashSet());
        var nodes = _index.All.ToList();
        var parents = nodes.Where(node => node is { AttemptOf: null, Conversation: { } conversation } && !_index.Whole.Contains(conversation) && ((node.Session is not null && sessions.Contains(node.Session)) || people.Contains(node.Person))).ToList();
        // The request that names a conversation is in no index by it, and may hang on another that came before it.
        var missing = nodes.Select(node => node.AttemptOf).OfType<Guid>().Concat(_hooks.Keys).Concat(parents.Select(node => node.Conversation!.Value)).Where(id => _index.Find(id) is null).ToHashSet();
        var conversations = nodes.Select(node => node.Conversation).OfType<Guid>().Concat(_index.Sessions.Values).Where(id => !_index.Tallies.ContainsKey(id)).ToHashSet();
        if (parents.Count + missing.Count + conversations.Count > 0)
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(new("SELECT conversation_id, name FROM conversation_branches WHERE conversation_id = ANY($1)") { Parameters = { new() { Value = conversations.ToArray() } } });
            batch.BatchCommands.Add(StoredNodes.ChildrenOf(parents));
            batch.BatchCommands.Add(StoredNodes.ById(missing));
            await using var reader = await batch.ExecuteReaderAsync(cancellation);
            foreach (var conversation in conversations)
                _index.Tallies[conversation] = new();
            while (await reader.ReadAsync(cancellation))
                _index.Tallies[reader.GetGuid(0)].Take(reader.GetString(1));
            while (await reader.NextResultAsync(cancellation))
                await StoredNodes.AddToAsync(_index, reader, cancellation);
        }

        foreach (var (id, hooks) in _hooks)
            if (_index.Find(id) is { } node)
                foreach (var (hash, position, claimedBy) in hooks)
                    _index.Add(hash, new HookPlace(node, position) { ClaimedBy = claimedBy, By = id });
        foreach (var attempt in _index.All.Where(node => node.AttemptOf is not null && node.Completed))
            _index.Node(attempt).Completed = true;
    }

    private async Task ReadNodesAsync(NpgsqlBatch batch, CancellationToken cancellation)
    {
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        do
            await StoredNodes.AddToAsync(_index, reader, cancellation);
        while (await reader.NextResultAsync(cancellation));
    }

    private Guid? SessionOf(LinkItem item) => item.Node.Session is { } session && _index.Sessions.TryGetValue((item.Node.Domain, session), out var conversation) ? conversation : null;

    /// <summary>Nothing that was found ended where the request's history did before its last words.</summary>
    private bool IsLost(LinkItem item)
    {
        var node = item.Node;
        if (node.IsSide && node.Lane is not ("compaction" or "side_question"))
            return false;
        if (item.Evidence.Boundaries is [.., var last])
            return !_index.EndingAt(last).Any(other => node.Session is null ? other.Person == node.Person : other.Session == node.Session || (SessionOf(item) is null && other.Person == node.Person));
        return SessionOf(item) is not null && !(item.Evidence.Prompt is { } prompt && node.Agent is not null && _index.Hooks(prompt).Any(place => place.ClaimedBy is null));
    }

    /// <summary>Conversations in which a request that came before others is stored after them.</summary>
    private IEnumerable<Guid> Late()
    {
        foreach (var item in items)
        {
            var orphans = _index.Awaiting(item.Node.Prefix!.Value);
            foreach (var orphan in orphans)
                if (orphan.Conversation is { } conversation)
                    yield return conversation;
            foreach (var parent in Parents(item))
                if (parent.Conversation is { } conversation && (orphans.Count > 0 || _index.ChildrenOf(parent.Id).Any(item.Node.IsBefore)))
                    yield return conversation;
        }
    }

    private IEnumerable<LinkNode> Parents(LinkItem item) =>
        item.Evidence.Boundaries.TakeLast(1).Concat(item.Evidence.Interior).SelectMany(state => _index.EndingAt(state))
            .Concat((item.Evidence.Summaries ?? []).Concat(new[] { item.Evidence.Prompt, item.Evidence.Previous }.OfType<long>()).SelectMany(_index.Hooks).Select(place => _index.Node(place.Node)));
}
