using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Conversations;

/// <summary>A conversation with its branches; the main line is not among them.</summary>
/// <param name="Estimates">What of the cost is an estimate, by branch; empty when all of it is exact.</param>
internal sealed record KnownConversation(ConversationRow Row, IReadOnlyList<ConversationBranchRow> Branches, IReadOnlyList<EstimatedCost> Estimates)
{
    public long EstimatedCostMicros => Estimates.Sum(cost => cost.Micros);
}

/// <summary>A page of conversations, by latest activity, newest first.</summary>
/// <param name="Total">All that match, on whatever page.</param>
internal sealed record ConversationPage(IReadOnlyList<KnownConversation> Conversations, int Total, bool HasMore);

/// <summary>Reads conversations from what ingest keeps of them.</summary>
internal sealed class ConversationReader(NexusDbContext db)
{
    /// <summary>Further requests of one conversation are not shown.</summary>
    public const int MostRequests = 20_000;

    /// <param name="place">Latest activity and id of the last conversation of the page before; null for the first, or by offset.</param>
    /// <param name="back">Whether the place is the first of the page after, in its stead; what there is more of then lies before.</param>
    /// <param name="singles">With the requests that are a conversation by themselves.</param>
    /// <param name="known">How many conversations match, where that is known already.</param>
    public async Task<ConversationPage> PageAsync(ConversationFilter filter, int limit, int offset, ConversationPlace? place, bool singles, CancellationToken cancellation, bool back = false, int? known = null)
    {
        var (rows, alone) = (filter.Apply(db), filter.ApplyToSingles(db));
        var total = (known ?? await rows.CountAsync(cancellation)) + (singles ? await alone.CountAsync(cancellation) : 0);
        if (place is { At: var at, Id: var id } from)
        {
            var hour = TimeBuckets.StartOf(at, TimeSpan.FromHours(1));
            rows = back
                ? rows.Where(row => row.LastHour >= hour && (row.LastAt > at || (row.LastAt == at && row.Id.CompareTo(id) > 0)))
                : from.Older(rows);
            alone = back
                ? alone.Where(row => row.StartedAt >= at && (row.StartedAt > at || row.Id.CompareTo(id) > 0))
                : alone.Where(row => row.StartedAt <= at && (row.StartedAt < at || row.Id.CompareTo(id) < 0));
        }

        var most = offset + limit + 1;
        rows = back ? rows.OrderBy(row => row.LastHour).ThenBy(row => row.LastAt).ThenBy(row => row.Id) : SortedConversations.Ordered(rows, sort: null, ascending: false);
        alone = back ? alone.OrderBy(row => row.StartedAt).ThenBy(row => row.Id) : alone.OrderByDescending(row => row.StartedAt).ThenByDescending(row => row.Id);
        var found = await rows.Take(most).ToListAsync(cancellation);
        var requests = singles ? await alone.Take(most).ToListAsync(cancellation) : [];
        found.AddRange(requests.Select(OfSingle));
        var sorted = back ? found.OrderBy(row => row.LastAt).ThenBy(row => row.Id) : found.OrderByDescending(row => row.LastAt).ThenByDescending(row => row.Id);
        var page = sorted.Skip(offset).Take(limit + 1).ToList();
        var more = page.Count > limit;
        var shown = more ? page[..limit] : page;
        if (back)
            shown.Reverse();
        var estimates = requests.Where(row => row.CostEstimate is not null).ToDictionary(row => row.Id, EstimateOfSingle);
        return new([.. (await WithBranchesAsync(shown, cancellation)).Select(one => estimates.TryGetValue(one.Row.Id, out var estimate) ? one with { Estimates = [estimate] } : one)], total, more);
    }

    /// <summary>Null when there is none by that id.</summary>
    public async Task<KnownConversation?> FindAsync(Guid id, CancellationToken cancellation)
    {
        if (await db.Conversations.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, cancellation) is { } known)
            return (await WithBranchesAsync([known], cancellation))[0];
        var at = PayloadReader.StartOf(id);
        return await db.Requests.AsNoTracking().FirstOrDefaultAsync(row => row.StartedAt == at && row.Id == id && row.ConversationId == null && row.PrefixHash != null, cancellation) is { } single
            ? new(OfSingle(single), [], single.CostEstimate is null ? [] : [EstimateOfSingle(single)]) : null;
    }

    /// <summary>Its requests in order of arrival.</summary>
    public async Task<List<LedgerRow>> RequestsAsync(Guid id, CancellationToken cancellation) => Sorted(await Requests(id).ToListAsync(cancellation));

    /// <summary>The same with what a tree is drawn of and times are summed of, and nothing else: of thousands of requests, most of the time goes into reading columns.</summary>
    public async Task<List<LedgerRow>> OutlineAsync(Guid id, CancellationToken cancellation) => Sorted(await Requests(id).Select(row => new LedgerRow
    {
        StartedAt = row.StartedAt,
        Id = row.Id,
        Domain = "",
        Method = "",
        Path = "",
        Payload = "",
        Outcome = row.Outcome,
        Status = row.Status,
        ModelRequested = row.ModelRequested,
        ModelServed = row.ModelServed,
        Lane = row.Lane,
        InputTokens = row.InputTokens,
        OutputTokens = row.OutputTokens,
        CacheCreation5mTokens = row.CacheCreation5mTokens,
        CacheCreation1hTokens = row.CacheCreation1hTokens,
        CacheReadTokens = row.CacheReadTokens,
        CostMicros = row.CostMicros,
        CostEstimate = row.CostEstimate,
        DurationMs = row.DurationMs,
        ToolCalls = row.ToolCalls,
        StopReason = row.StopReason,
        MessageCount = row.MessageCount,
        BranchId = row.BranchId,
        ParentId = row.ParentId,
        AttemptOf = row.AttemptOf,
        AgentId = row.AgentId,
        ErrorType = row.ErrorType,
        ErrorMessage = row.ErrorMessage,
    }).ToListAsync(cancellation));

    private IQueryable<LedgerRow> Requests(Guid id)
    {
        var at = PayloadReader.StartOf(id);
        // As the index is made: EF Core's own comparison would allow for nulls, and the index could not be used.
        return db.Requests.FromSql($"""
            SELECT * FROM requests WHERE conversation_id = {id} AND conversation_id <> id
            UNION ALL SELECT * FROM requests WHERE started_at = {at} AND id = {id} AND coalesce(conversation_id, id) = id
            LIMIT {MostRequests}
            """).AsNoTracking();
    }

    private static List<LedgerRow> Sorted(List<LedgerRow> rows)
    {
        rows.Sort((one, other) => one.StartedAt != other.StartedAt ? one.StartedAt.CompareTo(other.StartedAt) : one.Id.CompareTo(other.Id));
        return rows;
    }

    public async Task<List<KnownConversation>> WithBranchesAsync(List<ConversationRow> rows, CancellationToken cancellation)
    {
        Guid[] ids = [.. rows.Select(row => row.Id)];
        var branches = (await db.ConversationBranches.AsNoTracking().Where(branch => ids.Contains(branch.ConversationId)).OrderBy(branch => branch.StartedAt).ThenBy(branch => branch.Name).ToListAsync(cancellation)).ToLookup(branch => branch.ConversationId);
        var estimates = await ConversationEstimates.ReadAsync(db, rows, cancellation);
        return [.. rows.Select(row => new KnownConversation(row, [.. branches[row.Id]], [.. estimates[row.Id]]))];
    }

    private static EstimatedCost EstimateOfSingle(LedgerRow row) => new(row.Id, null, row.CostMicros ?? 0);

    private static ConversationRow OfSingle(LedgerRow row) => new()
    {
        Id = row.Id,
        Domain = row.Domain,
        StartedAt = row.StartedAt,
        LastAt = row.StartedAt,
        LastHour = TimeBuckets.StartOf(row.StartedAt, TimeSpan.FromHours(1)),
        Owners = row.Owner is { } owner ? [owner] : [],
        KeyIds = row.KeyId is { } key ? [key] : [],
        Accounts = row.AccountId is { } account ? [account] : [],
        Models = (row.ModelServed ?? row.ModelRequested) is { } model ? [model] : [],
        LatestId = row.Id,
        LatestAt = row.StartedAt,
        LatestModel = row.ModelServed ?? row.ModelRequested,
        ContextTokens = ConversationSums.Prompt(row),
        Requests = 1,
        Turns = 1,
        ToolCalls = row.ToolCalls,
        Errors = ConversationSums.IsError(row) ? 1 : 0,
        InputTokens = row.InputTokens,
        OutputTokens = row.OutputTokens,
        CacheCreation5mTokens = row.CacheCreation5mTokens,
        CacheCreation1hTokens = row.CacheCreation1hTokens,
        CacheReadTokens = row.CacheReadTokens,
        CostMicros = row.CostMicros ?? 0,
        DurationMs = row.DurationMs,
    };
}
