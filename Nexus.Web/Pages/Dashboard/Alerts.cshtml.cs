using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Operations.Alerts;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Pages.Alerts;
using Nexus.Web.Pages.Shared.Alerts;
using Nexus.Web.Pages.Tables;

namespace Nexus.Web.Pages;

/// <summary>What is firing, what was, the rules, the silences, and whether messages got through.</summary>
internal sealed class AlertsModel(AlertPages pages, AlertDesk desk, TableViews tables) : PageModel
{
    public Fragment View { get; private set; } = null!;

    public Task<IActionResult> OnGetAsync(string? view, Guid? before, CancellationToken cancellation) => ShowAsync(view, before, null, null, cancellation);

    public Task<IActionResult> OnPostAcknowledgeAsync(Guid id, CancellationToken cancellation) =>
        ActAsync("firing", "Acknowledged: nobody is reminded any more.", actor => desk.AcknowledgeAsync(id, actor, cancellation), cancellation);

    public Task<IActionResult> OnPostSilenceAsync(string? rule, string? subject, int minutes, string? reason, CancellationToken cancellation) =>
        ActAsync("silences", "Silenced.", actor => desk.SilenceAsync(rule ?? "", subject?.Trim() ?? "", TimeSpan.FromMinutes(minutes), reason?.Trim() ?? "", actor, cancellation), cancellation);

    public Task<IActionResult> OnPostEndSilenceAsync(Guid id, CancellationToken cancellation) =>
        ActAsync("silences", "It is over.", actor => desk.EndSilenceAsync(id, actor, cancellation), cancellation);

    public Task<IActionResult> OnPostRuleAsync(string rule, CancellationToken cancellation) =>
        ActAsync("rules", "Saved.", actor => desk.ChangeAsync(rule, AlertPages.Read(Request.Form), actor, cancellation), cancellation);

    public Task<IActionResult> OnPostResetRuleAsync(string rule, CancellationToken cancellation) =>
        ActAsync("rules", "The rule is as Nexus ships it again.", actor => desk.ResetAsync(rule, actor, cancellation), cancellation);

    public Task<IActionResult> OnPostTestAsync(string channel, CancellationToken cancellation) =>
        ActAsync("channels", "A test is on its way: the log says in a moment whether it was taken.", actor => desk.TestAsync(channel, actor, cancellation), cancellation);

    private async Task<IActionResult> ActAsync(string view, string done, Func<Actor, Task> act, CancellationToken cancellation)
    {
        try
        {
            await act(Actor.Of(HttpContext));
            return await ShowAsync(view, null, done, null, cancellation);
        }
        catch (FormatException error)
        {
            return await ShowAsync(view, null, null, error.Message, cancellation);
        }
    }

    private static IComparable? Figure(AlertLine alert, string column) => column switch { "alert" => $"{alert.Title} {alert.Subject}", "since" => alert.StartedAt, _ => alert.State };

    private async Task<IActionResult> ShowAsync(string? view, Guid? before, string? done, string? problem, CancellationToken cancellation)
    {
        var known = AlertPages.Views.Contains(view) ? view! : AlertPages.Views[0];
        var firing = known == AlertPages.Views[0];
        var table = KnownTables.Alerts;
        // What has ended is not all on the page.
        if (!firing)
            table = table with { Columns = [.. table.Columns.Select(column => column with { Sorts = false })] };
        var (state, preferences, instead) = await tables.ReadAsync(table, HttpContext, cancellation);
        if (instead is not null)
            return Redirect(instead);
        var arranged = await tables.OfAsync(state, preferences, [("view", firing ? null : known)], HttpContext, cancellation) with { Target = "#view" };
        var part = await pages.ReadAsync(known, before, cancellation);
        if (known == "history" && part.Older is not null)
            part = part with { Older = arranged.With(("before", part.Alerts[^1].Id.ToString())) };
        part = part with { Alerts = RowOrder.By(part.Alerts, arranged.Sort, arranged.Ascending, Figure) };
        View = Fragment.Of<AlertsView>(("Part", part), ("Table", arranged), ("Token", arranged.Token), ("Done", done), ("Problem", problem));
        return Request.IsHtmx() ? new ComponentResult(View) : Page();
    }
}
