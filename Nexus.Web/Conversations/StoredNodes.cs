using Nexus.Web.Capture;
using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Conversations;

/// <summary>Reads requests as linking sees them. Each method is one statement for any number of them.</summary>
internal static class StoredNodes
{
    /// <summary>As <see cref="Read"/> expects them, of a row <c>r</c>.</summary>
    public const string Columns = """
        r.id, r.started_at, r.domain, r.lane, r.request_type, r.session_id, r.agent_id, r.parent_agent_id, r.person, r.body_hash, r.outcome, r.status,
        r.prefix_hash, r.answer_hash, r.conversation_id, r.branch_id, r.parent_id, r.attempt_of, r.missing_parent
        """;

    /// <summary>Of requests that ended alike only so many are looked at.</summary>
    private const int MostAlike = 64;

    /// <summary>A conversation's further requests are not laid out anew with the others.</summary>
    private const int MostOfConversation = 20_000;

    /// <summary>Those that ended at one of the states, and those that ended at one and whose answer led to the other.</summary>
    public static NpgsqlBatchCommand EndingAt(IReadOnlyCollection<long> states, IReadOnlyCollection<(long Prefix, long Answer)> answered, DateTimeOffset since) => new($"""
        SELECT {Columns} FROM unnest($1) AS n (hash) CROSS JOIN LATERAL (SELECT * FROM requests WHERE prefix_hash = n.hash AND started_at >= $4 LIMIT {MostAlike}) r
        UNION ALL
        SELECT {Columns} FROM unnest($2, $3) AS n (hash, answer) CROSS JOIN LATERAL (SELECT * FROM requests WHERE prefix_hash = n.hash AND answer_hash = n.answer AND started_at >= $4 LIMIT 16) r
        """)
    {
        Parameters = { Longs(states), Longs(answered.Select(pair => pair.Prefix)), Longs(answered.Select(pair => pair.Answer)), new() { Value = since } },
    };

    /// <summary>Those that wait for a request that ended at one of the states.</summary>
    public static NpgsqlBatchCommand Awaiting(IEnumerable<long> states, DateTimeOffset since) =>
        new($"SELECT {Columns} FROM requests r WHERE r.missing_parent = ANY($1) AND r.started_at >= $2") { Parameters = { Longs(states), new() { Value = since } } };

    public static NpgsqlBatchCommand ById(IReadOnlyCollection<Guid> ids) =>
        new($"SELECT {Columns} FROM unnest($1, $2) AS n (at, id) JOIN requests r ON r.started_at = n.at AND r.id = n.id WHERE r.started_at BETWEEN $3 AND $4")
        {
            Parameters = { Times(ids.Select(PayloadReader.StartOf)), new() { Value = ids.ToArray() }, new() { Value = ids.Select(PayloadReader.StartOf).DefaultIfEmpty().Min() }, new() { Value = ids.Select(PayloadReader.StartOf).DefaultIfEmpty().Max() } },
        };

    public static NpgsqlBatchCommand ChildrenOf(IReadOnlyCollection<LinkNode> nodes) => new($"""
        SELECT {Columns} FROM unnest($1, $2, $3) AS n (conversation, id, at)
        CROSS JOIN LATERAL (SELECT * FROM requests WHERE conversation_id = n.conversation AND conversation_id <> id AND started_at >= n.at AND parent_id = n.id LIMIT 256) r
        """)
    {
        Parameters = { new() { Value = nodes.Select(node => node.Conversation!.Value).ToArray() }, new() { Value = nodes.Select(node => node.Id).ToArray() }, Times(nodes.Select(node => node.At)) },
    };

    public static NpgsqlBatchCommand OfConversations(IReadOnlyCollection<Guid> conversations) =>
        new($"SELECT {Columns} FROM unnest($1) AS n (id) CROSS JOIN LATERAL (SELECT * FROM requests WHERE conversation_id = n.id AND conversation_id <> id LIMIT {MostOfConversation}) r") { Parameters = { new() { Value = conversations.ToArray() } } };

    /// <summary>The rows of a statement of these. An attempt that went well makes its node one that did.</summary>
    public static async Task AddToAsync(LinkIndex index, NpgsqlDataReader reader, CancellationToken cancellation)
    {
        while (await reader.ReadAsync(cancellation))
            index.Add(Read(reader));
    }

    public static LinkNode Read(NpgsqlDataReader reader)
    {
        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        Guid? Id(int column) => reader.IsDBNull(column) ? null : reader.GetGuid(column);
        long? Hash(int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);
        var conversation = Id(14);
        var place = new LinkPlace(conversation, Text(15) ?? (conversation is null ? null : BranchNames.Main), Id(16), Id(17), Hash(18));
        return new LinkNode
        {
            Id = reader.GetGuid(0),
            At = reader.GetFieldValue<DateTimeOffset>(1),
            Domain = reader.GetString(2),
            Lane = reader.GetString(3),
            RequestType = Text(4),
            Session = Text(5),
            Agent = Text(6),
            ParentAgent = Text(7),
            Person = reader.IsDBNull(8) ? 0 : reader.GetInt32(8),
            BodyHash = reader.IsDBNull(9) ? null : reader.GetFieldValue<byte[]>(9),
            Completed = reader.GetString(10) == "completed" && (reader.IsDBNull(11) || reader.GetInt16(11) < 400),
            Prefix = Hash(12),
            Answer = Hash(13),
            Conversation = place.Conversation,
            Branch = place.Branch,
            Parent = place.Parent,
            AttemptOf = place.AttemptOf,
            Missing = place.Missing,
            Stored = place,
        };
    }

    public static NpgsqlParameter Longs(IEnumerable<long> values) => new() { Value = values.ToArray() };

    public static NpgsqlParameter Times(IEnumerable<DateTimeOffset> values) => new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz };

    public static NpgsqlParameter Ids(IEnumerable<Guid?> values) => new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid };

    public static NpgsqlParameter Texts(IEnumerable<string?> values) => new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
}
