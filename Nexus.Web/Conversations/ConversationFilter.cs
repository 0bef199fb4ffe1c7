using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture;
using Nexus.Web.Storage;

namespace Nexus.Web.Conversations;

/// <summary>Which conversations are asked for.</summary>
/// <param name="Person">An owner or a key's id.</param>
/// <param name="From">Of the latest activity, inclusive.</param>
/// <param name="To">Exclusive.</param>
/// <param name="Words">As people type a search; or the beginning of a conversation's id.</param>
/// <param name="Only"><c>errors</c>, <c>subagents</c>, <c>compaction</c> or <c>forks</c>; null for all.</param>
internal sealed record ConversationFilter(string? Domain = null, string? Account = null, string? Person = null, string? Model = null, DateTimeOffset? From = null, DateTimeOffset? To = null, string? Words = null, string? Only = null)
{
    public static IReadOnlyList<string> Kinds { get; } = ["errors", "subagents", "compaction", "forks"];

    public IQueryable<ConversationRow> Apply(NexusDbContext db)
    {
        // A session of which nothing but side calls is known is no conversation yet.
        var rows = db.Conversations.AsNoTracking().Where(row => row.Turns > 0);
        if (Domain is { } domain)
            rows = rows.Where(row => row.Domain == domain);
        if (Account is { } account)
            rows = rows.Where(row => row.Accounts.Contains(account));
        if (Person is { } person)
            rows = rows.Where(row => row.Owners.Contains(person) || row.KeyIds.Contains(person));
        if (Model is { } model)
            rows = rows.Where(row => row.Models.Contains(model));
        if (From is { } from)
        {
            var hour = Usage.TimeBuckets.StartOf(from, TimeSpan.FromHours(1));
            rows = rows.Where(row => row.LastHour >= hour && row.LastAt >= from);
        }

        if (To is { } to)
            rows = rows.Where(row => row.LastHour <= to && row.LastAt < to);
        rows = Only switch
        {
            "errors" => rows.Where(row => row.Errors > 0),
            "subagents" => rows.Where(row => row.Subagents > 0),
            "compaction" => rows.Where(row => row.Compactions > 0),
            "forks" => rows.Where(row => row.Forks > 0),
            _ => rows,
        };
        return Words is { } words ? Search(db, rows, words) : rows;
    }

    /// <summary>Requests that are a conversation by themselves. They have no words to be searched, no subagents, no compaction.</summary>
    public IQueryable<LedgerRow> ApplyToSingles(NexusDbContext db)
    {
        var rows = db.Requests.AsNoTracking().Where(row => row.ConversationId == null && row.PrefixHash != null && row.AttemptOf == null);
        if (Words is not null || Only is "subagents" or "compaction" or "forks")
            return rows.Where(_ => false);
        if (Domain is { } domain)
            rows = rows.Where(row => row.Domain == domain);
        if (Account is { } account)
            rows = rows.Where(row => row.AccountId == account);
        if (Person is { } person)
            rows = rows.Where(row => row.Owner == person || row.KeyId == person);
        if (Model is { } model)
            rows = rows.Where(row => row.ModelServed == model || row.ModelRequested == model);
        if (From is { } from)
            rows = rows.Where(row => row.StartedAt >= from);
        if (To is { } to)
            rows = rows.Where(row => row.StartedAt < to);
        return Only == "errors" ? rows.Where(row => Outcomes.Failed.Contains(row.Outcome)) : rows;
    }

    private static IQueryable<ConversationRow> Search(NexusDbContext db, IQueryable<ConversationRow> rows, string words)
    {
        if (IdPrefix.Of(words) is (var least, var most))
            return rows.Where(row => row.Id.CompareTo(least) >= 0 && row.Id.CompareTo(most) <= 0);
        return rows.Where(row => db.ConversationWords.Any(typed => typed.ConversationId == row.Id && typed.Words.Matches(EF.Functions.WebSearchToTsQuery("simple", words))));
    }
}
