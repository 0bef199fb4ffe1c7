using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Conversations;
using Nexus.Web.Pages.Live;
using Nexus.Web.Pages.Shared.Conversations;
using Nexus.Web.Pages.Shared.Tables;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>Conversations by their latest activity, or by a figure. What is asked for is in the URL.</summary>
internal sealed class ConversationsModel(NexusDbContext db, TableViews tables, TimeProvider time) : PageModel
{
    private const int PageSize = 50;

    public Fragment Filters { get; private set; } = null!;

    /// <summary>Says that requests came, whatever they are: the list then loads itself anew.</summary>
    public string LiveAddress { get; private set; } = "";

    public Fragment Results { get; private set; } = null!;

    /// <param name="before">Where the page before ended: latest activity (milliseconds) and id of its last conversation, or as <see cref="FigurePlace"/>.</param>
    /// <param name="after">The same of the first one of the page after, for who goes back; in its stead.</param>
    public async Task<IActionResult> OnGetAsync(string? before, string? after, CancellationToken cancellation)
    {
        var (from, back) = string.IsNullOrEmpty(after) ? (before, false) : (after, true);
        var (state, preferences, instead) = await tables.ReadAsync(KnownTables.Conversations, HttpContext, cancellation);
        if (instead is not null)
            return Redirect(instead);
        var single = Request.Query["single"] == "true";
        var problems = new List<string>();
        if (single && SortedConversations.IsFigure(state.Sort))
        {
            problems.Add("Single requests are in the order of their time alone.");
            state = state.Unsorted();
        }

        var place = SortedConversations.IsFigure(state.Sort) ? FigurePlace.Parse(from) : null;
        var now = DateTimeOffset.FromUnixTimeMilliseconds((place?.Until ?? time.GetUtcNow()).ToUnixTimeMilliseconds());
        var asked = ConversationQuestion.Read(Request.Query, ViewerZone.Of(HttpContext), now);
        var (filter, range) = (asked.Filter, asked.Range);
        problems.AddRange(range.Problem is { } problem ? [problem] : []);
        var view = await tables.OfAsync(state, preferences, asked.Pairs, HttpContext, cancellation);
        view = view with { Export = "/api/export/conversations" + view.Query };
        var offered = !Request.IsHtmx() || Request.Headers["HX-Trigger"] == "filters";
        // Single requests are no conversations; and each word that is searched would be searched once more.
        var counts = offered && !single && filter.Words is null ? await ConversationCounts.ReadAsync(db, filter, cancellation) : ConversationCounts.None;
        var fields = offered ? await FieldsAsync(filter, view, range, single, counts, cancellation) : null;
        Results = await ResultsAsync(filter, view, single, from, back, counts.Total, fields, problems, now, cancellation);
        if (Request.IsHtmx())
            return new ComponentResult(Results);
        LiveAddress = LiveFeature.Address(new RequestFilter(), LiveView.Sums, time.GetUtcNow());
        Filters = new(typeof(ConversationFilters), fields!);
        return Page();
    }

    private async Task<Fragment> ResultsAsync(ConversationFilter filter, TableView view, bool single, string? from, bool back, int? total, Dictionary<string, object?>? fields, List<string> problems, DateTimeOffset now, CancellationToken cancellation)
    {
        var wasBack = back;
        if (back && (view.Sort is null ? ConversationPlace.Parse(from) is null : FigurePlace.Parse(from) is null))
            (from, back) = (null, false);
        var (page, place, bounded) = await PageAsync(filter, view, single, from, back, total, now, cancellation);
        // Who comes back to the beginning sees the first page, whole.
        if (back && !page.HasMore)
            ((page, place, bounded), from, back) = (await PageAsync(filter, view, single, null, false, total, now, cancellation), null, false);
        string? Place(bool there, Index index) => there && page.Conversations.Count > 0 ? place(page.Conversations[index].Row) : null;
        var here = view.Href + view.Query;
        if (wasBack && from is null)
            Response.Htmx(headers => headers.PushUrl(here));
        return Fragment.Of<ConversationTable>(
            ("Rows", page.Conversations.Select(ConversationLine.Of).ToList()), ("Total", page.Total), ("View", view), ("AnyFilter", view.Filter.Any(pair => pair.Value is not null)),
            ("Problems", problems), ("Bounded", bounded), ("Counted", Request.IsHtmx() ? fields : null),
            ("Older", Place(page.HasMore || back, ^1) is { } next ? QueryHelpers.AddQueryString(here, "before", next) : null),
            ("Newer", Place(from is not null, 0) is { } previous ? QueryHelpers.AddQueryString(here, "after", previous) : null),
            ("Newest", from is null ? null : here));
    }

    private async Task<(ConversationPage Page, Func<ConversationRow, string> Place, bool Bounded)> PageAsync(ConversationFilter filter, TableView view, bool single, string? from, bool back, int? total, DateTimeOffset now, CancellationToken cancellation)
    {
        var reader = new ConversationReader(db);
        if (view.Sort is { } sort)
            return await new SortedConversations(db, reader).PageAsync(filter, sort, view.Ascending, FigurePlace.Parse(from), back, now, PageSize, cancellation);
        return (await reader.PageAsync(filter, PageSize, 0, ConversationPlace.Parse(from), single, cancellation, back, total), row => ConversationPlace.Of(row).ToString(), false);
    }

    /// <summary>What the selects offer: what the last thirty days' usage has, and how many conversations each choice leaves.</summary>
    private async Task<Dictionary<string, object?>> FieldsAsync(ConversationFilter filter, TableView view, TimeRange range, bool single, ConversationCounts counts, CancellationToken cancellation)
    {
        var from = time.GetUtcNow().AddDays(-30);
        var known = await db.Usage1d.AsNoTracking().Where(row => row.Bucket >= from).Select(row => new { row.Domain, row.Model, row.AccountId, Person = row.Owner != "" ? row.Owner : row.KeyId }).Distinct().ToListAsync(cancellation);
        return Fragment.Of<ConversationFilters>(
            ("Search", filter.Words), ("Kinds", counts.KindsOf()), ("Domains", counts.Domains(known.Select(row => row.Domain))), ("People", counts.People(known.Select(row => row.Person))), ("Accounts", counts.Accounts(known.Select(row => row.AccountId))), ("Models", counts.Models(known.Select(row => row.Model))),
            ("Domain", filter.Domain), ("Person", filter.Person), ("Account", filter.Account), ("Model", filter.Model), ("Only", filter.Only), ("Single", single), ("Keep", view.Arrangement), ("CountsOnly", Request.IsHtmx()),
            ("Range", range.Name), ("From", range.FromText), ("To", range.ToText), ("Zone", range.Zone.Id)).Parameters;
    }
}
