using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Conversations;
using Nexus.Web.Pages.Live;
using Nexus.Web.Pages.Shared.Conversations;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>Conversations by their latest activity. What is asked for is in the URL.</summary>
internal sealed class ConversationsModel(NexusDbContext db, TimeProvider time) : PageModel
{
    private const int PageSize = 50;
    private const string Preset = "30d";

    public Fragment Filters { get; private set; } = null!;

    /// <summary>Says that requests came, whatever they are: the list then loads itself anew.</summary>
    public string LiveAddress { get; private set; } = "";

    public Fragment Results { get; private set; } = null!;

    /// <param name="before">Latest activity (milliseconds) and id of the last conversation of the page before.</param>
    public async Task<IActionResult> OnGetAsync(string? before, CancellationToken cancellation)
    {
        string? Text(string name) => Request.Query[name].ToString() is { Length: > 0 and <= 200 } text ? text : null;
        var range = TimeRange.Read(Request.Query, ViewerZone.Of(HttpContext), time.GetUtcNow(), Preset);
        var only = Text("only") is { } kind && ConversationFilter.Kinds.Contains(kind) ? kind : null;
        var filter = new ConversationFilter(Text("domain"), Text("account"), Text("person"), Text("model"), range.From, range.Name == "custom" ? range.To : null, Text("q"), only);
        var single = Text("single") == "true";
        var page = await new ConversationReader(db).PageAsync(filter, PageSize, 0, Before(before), single, cancellation);
        string Address(string? from) => QueryHelpers.AddQueryString("/dashboard/conversations", range.Query(Preset).Concat(
            [("q", filter.Words), ("domain", filter.Domain), ("person", filter.Person), ("account", filter.Account), ("model", filter.Model), ("only", only), ("single", single ? "true" : null), ("before", from)])
            .Where(pair => pair.Item2 is not null).Select(pair => KeyValuePair.Create(pair.Item1, pair.Item2)));
        var last = page.Conversations.Count > 0 ? page.Conversations[^1].Row : null;
        Results = Fragment.Of<ConversationTable>(
            ("Rows", page.Conversations.Select(ConversationLine.Of).ToList()), ("Total", page.Total), ("AnyFilter", Address(null).Contains('?', StringComparison.Ordinal)),
            ("Problems", range.Problem is { } problem ? new List<string> { problem } : []),
            ("Older", page.HasMore ? Address($"{last!.LastAt.UtcTicks}_{last.Id}") : null), ("Newest", before is null ? null : Address(null)));
        if (Request.IsHtmx())
            return new ComponentResult(Results);
        LiveAddress = LiveFeature.Address(new RequestFilter(), LiveView.Sums, time.GetUtcNow());
        Filters = await FiltersAsync(filter, range, single, cancellation);
        return Page();
    }

    private static (DateTimeOffset, Guid)? Before(string? text) =>
        text?.Split('_') is [var ticks, var id] && long.TryParse(ticks, out var at) && at >= 0 && at <= DateTime.MaxValue.Ticks && Guid.TryParse(id, out var conversation)
            ? (new DateTimeOffset(at, TimeSpan.Zero), conversation) : null;

    /// <summary>What the selects offer: what the last thirty days' usage has.</summary>
    private async Task<Fragment> FiltersAsync(ConversationFilter filter, TimeRange range, bool single, CancellationToken cancellation)
    {
        var from = time.GetUtcNow().AddDays(-30);
        var known = await db.Usage1d.AsNoTracking().Where(row => row.Bucket >= from).Select(row => new { row.Domain, row.Model, row.AccountId, Person = row.Owner != "" ? row.Owner : row.KeyId }).Distinct().ToListAsync(cancellation);
        return Fragment.Of<ConversationFilters>(
            ("Search", filter.Words), ("Domains", Sorted(known.Select(row => row.Domain))), ("People", Sorted(known.Select(row => row.Person))), ("Accounts", Sorted(known.Select(row => row.AccountId))), ("Models", Sorted(known.Select(row => row.Model))),
            ("Domain", filter.Domain), ("Person", filter.Person), ("Account", filter.Account), ("Model", filter.Model), ("Only", filter.Only), ("Single", single),
            ("Range", range.Name), ("From", range.FromText), ("To", range.ToText), ("Zone", range.Zone.Id));
    }

    private static List<string> Sorted(IEnumerable<string> known) => [.. known.Where(name => name.Length > 0).Distinct().Order(StringComparer.Ordinal)];
}
