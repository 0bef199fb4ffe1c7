using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.WebUtilities;
using Nexus.Web.Access.Keys;
using Nexus.Web.Access.Limits;
using Nexus.Web.Access.Roles;
using Nexus.Web.Conversations;
using Nexus.Web.Pages.Mine;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Conversations;
using Nexus.Web.Pages.Shared.SignIn;
using Nexus.Web.Storage;
using Nexus.Web.Usage.Reports;

namespace Nexus.Web.Pages;

/// <summary>What somebody used themselves: everything here is of keys whose owner is their name.</summary>
internal sealed class MineModel(NexusDbContext db, OwnRecords own, LimitStates limits, EstimatedUse estimated, UsageReports reports, ProxyAddress proxy, TimeProvider time) : PageModel
{
    private const string DefaultRange = "30d";
    private const int PageSize = 20;

    public Fragment Filters { get; private set; } = null!;

    public Fragment Results { get; private set; } = null!;

    /// <param name="q">Words, or the beginning of an id.</param>
    /// <param name="before">Id of the last request of the page before.</param>
    /// <param name="earlier">Latest activity (UTC ticks) and id of the last conversation of the page before.</param>
    public async Task<IActionResult> OnGetAsync(string? q, Guid? before, string? earlier, CancellationToken cancellation)
    {
        var range = TimeRange.Read(Request.Query, ViewerZone.Of(HttpContext), time.GetUtcNow(), DefaultRange);
        var words = q?.Trim() is { Length: > 0 and <= 200 } text ? text : null;
        Results = Fragment.Of<MineView>(("View", await ViewAsync(SignedIn.Of(HttpContext.User)!.Owner, range, words, before, ConversationPlace.Parse(earlier), cancellation)));
        if (Request.IsHtmx())
            return new ComponentResult(Results);
        Filters = Fragment.Of<MineFilters>(("Search", words), ("Range", range.Name), ("From", range.FromText), ("To", range.ToText), ("Zone", range.Zone.Id), ("Default", DefaultRange));
        return Page();
    }

    private async Task<MinePart> ViewAsync(string? name, TimeRange range, string? words, Guid? before, ConversationPlace? earlier, CancellationToken cancellation)
    {
        var address = proxy.For(Request);
        if (name is null)
            return new(null, range.Problem, address);
        var now = time.GetUtcNow();
        var mine = await own.OfAsync(name, cancellation);
        var (total, models) = await UsageAsync(mine.Owners, range, cancellation);
        var asked = new OwnQuestion(range.From.ToUniversalTime(), range.To.ToUniversalTime(), words);
        var (requests, lastRequest) = await own.RequestsAsync(mine, asked, before, PageSize, cancellation);
        var (conversations, lastConversation) = await own.ConversationsAsync(mine, asked, earlier, PageSize, cancellation);
        var estimates = await ConversationEstimates.ReadAsync(db, conversations, cancellation);
        var budgets = (await limits.ReadAsync(cancellation)).Where(mine.IsLimitedBy).ToList();
        var guessed = await estimated.ReadAsync(budgets, cancellation);
        var here = "/dashboard/mine" + QueryString.Create([.. range.Query(DefaultRange).Append((Name: "q", Value: words)).Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Name, pair.Value))]);
        // Each list keeps its place while the other goes on.
        string Place(Guid? request, ConversationPlace? conversation)
        {
            var to = request is { } id ? QueryHelpers.AddQueryString(here, "before", id.ToString()) : here;
            return conversation is { } place ? QueryHelpers.AddQueryString(to, "earlier", place.ToString()) : to;
        }

        return new(name, range.Problem, address)
        {
            Total = total,
            Models = models,
            Keys = [.. mine.Keys.Select(row => KeyPart.Of(KeyLine.Of(row, now)))],
            Budgets = [.. budgets.Select(state => BudgetPart.From(state, now, guessed))],
            Requests = requests,
            Conversations = [.. conversations.Select(row => ConversationLine.Of(new KnownConversation(row, [], [.. estimates[row.Id]])))],
            Words = words,
            OlderRequests = lastRequest is { } last ? Place(last, earlier) : null,
            OlderConversations = lastConversation is { } end ? Place(before, end) : null,
            Newest = before is null && earlier is null ? null : here,
        };
    }

    private async Task<(UsageSums Total, IReadOnlyList<MineModelLine> Models)> UsageAsync(IReadOnlyList<string> owners, TimeRange range, CancellationToken cancellation)
    {
        var (total, models) = (default(UsageSums), new Dictionary<string, UsageSums>());
        foreach (var owner in owners)
        {
            var report = await reports.ReadAsync(new(range.From, range.To, [range.From], UsageDimension.Model, [(UsageDimension.Find("owner")!, owner)]), (range.From, range.From), cancellation);
            total += report.Total;
            foreach (var line in report.Lines)
                models[line.Value ?? "others"] = models.GetValueOrDefault(line.Value ?? "others") + line.Sums;
        }

        return (total, [.. models.OrderByDescending(pair => pair.Value.CostMicros).Select(pair => new MineModelLine(pair.Key.Length > 0 ? pair.Key : UsageDimension.Model.Unknown, pair.Value))]);
    }
}
