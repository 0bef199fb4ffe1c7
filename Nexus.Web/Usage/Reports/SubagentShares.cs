using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Usage.Reports;

/// <summary>A subagent with all that it cost.</summary>
/// <param name="Branch">Of the conversation, such as <c>subtask_2</c>.</param>
/// <param name="Estimated">Some of the cost is an estimate.</param>
internal sealed record SubagentShare(Guid Conversation, string Branch, string Domain, string Owners, DateTimeOffset StartedAt, long Requests, long CostMicros, bool Estimated = false);

/// <param name="Whole">All conversations of the stretch were looked at, not only the latest.</param>
internal sealed record SubagentReport(IReadOnlyList<SubagentShare> Subagents, bool Whole);

/// <summary>Which subagents cost most: those that began and ended in a stretch.</summary>
internal sealed class SubagentShares(Database database)
{
    /// <summary>Conversations that are looked at, those with the latest activity: what this takes is bounded, however many there are.</summary>
    public const int MostConversations = 5_000;

    /// <summary>Of these the dearest with subagents; a conversation costs at least what each of its subagents does.</summary>
    private const int MostDear = 500;

    /// <summary>Dimensions that subagents are told by, with the conversation's condition; a conversation is of one domain, and nearly always of one person and key.</summary>
    private static readonly Dictionary<string, string> Told = new() { ["domain"] = "domain = {0}", ["key_id"] = "{0} = ANY(key_ids)", ["owner"] = "{0} = ANY(owners)", ["account_id"] = "{0} = ANY(accounts)" };

    /// <summary>Those of the filters that subagents cannot be told by: under them there is no answer.</summary>
    public static IReadOnlyList<UsageDimension> Untold(IEnumerable<(UsageDimension Dimension, string Value)> filters) =>
        [.. filters.Select(filter => filter.Dimension).Where(dimension => !Told.ContainsKey(dimension.Column))];

    /// <summary>The dearest first; none under filters that subagents are not told by.</summary>
    public async Task<SubagentReport> ReadAsync(UsageQuestion question, int most, CancellationToken cancellation)
    {
        if (Untold(question.Filters).Count > 0)
            return new([], true);
        await using var command = database.DataSource.CreateCommand(Sql(question.Filters, most));
        var (from, to) = (question.From.ToUniversalTime(), question.To.ToUniversalTime());
        foreach (var value in new object[] { TimeBuckets.StartOf(from, TimeSpan.FromHours(1)), from, to }.Concat(question.Filters.Select(filter => (object)filter.Value)))
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var (found, whole) = (new List<SubagentShare>(), true);
        while (await reader.ReadAsync(cancellation))
        {
            whole = !reader.GetBoolean(8);
            if (!reader.IsDBNull(0))
                found.Add(new(reader.GetGuid(0), reader.GetString(1), reader.GetString(2), string.Join(", ", reader.GetFieldValue<string[]>(3)), reader.GetFieldValue<DateTimeOffset>(4), reader.GetInt32(5), reader.GetInt64(6), reader.GetBoolean(7)));
        }

        return new(found, whole);
    }

    /// <summary>
    /// By the index of <c>last_hour</c>, then by the branches' primary key, one conversation at a time: OFFSET 0 keeps the planner from reading
    /// all branches. The last column says that there were more conversations, also where there is no subagent.
    /// </summary>
    private static string Sql(IReadOnlyList<(UsageDimension Dimension, string Value)> filters, int most) => $"""
        WITH latest AS MATERIALIZED (
            SELECT id, domain, owners, key_ids, accounts, subagents, cost_micros FROM conversations WHERE last_hour >= $1 AND last_hour <= $3 ORDER BY last_hour DESC LIMIT {MostConversations + 1}),
        dear AS MATERIALIZED (
            SELECT id, domain, owners FROM latest WHERE subagents > 0{string.Concat(filters.Select((filter, i) => " AND " + string.Format(System.Globalization.CultureInfo.InvariantCulture, Told[filter.Dimension.Column], $"${4 + i}")))}
            ORDER BY cost_micros DESC LIMIT {MostDear}),
        top AS MATERIALIZED (
            SELECT dear.id, branch.name, dear.domain, dear.owners, branch.started_at, branch.last_at, branch.requests, branch.cost_micros FROM dear CROSS JOIN LATERAL (
                SELECT name, started_at, last_at, requests, cost_micros FROM conversation_branches
                WHERE conversation_id = dear.id AND name LIKE 'subtask\_%' AND started_at >= $2 AND last_at < $3 OFFSET 0) AS branch
            ORDER BY branch.cost_micros DESC, dear.id, branch.name LIMIT {most})
        SELECT top.id, top.name, top.domain, top.owners, top.started_at, top.requests, top.cost_micros,
            EXISTS (SELECT FROM requests r WHERE r.conversation_id = top.id AND r.branch_id = top.name AND r.cost_estimate IS NOT NULL AND r.cost_micros > 0 AND r.started_at BETWEEN top.started_at AND top.last_at),
            cut.more
        FROM (SELECT count(*) > {MostConversations} AS more FROM latest) AS cut LEFT JOIN top ON true ORDER BY top.cost_micros DESC, top.id, top.name
        """;
}
