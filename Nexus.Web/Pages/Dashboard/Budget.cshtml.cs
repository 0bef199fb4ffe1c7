using Htmx;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Access.Limits;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>One limit: how it stands, its periods that are over, its change, raise and end.</summary>
internal sealed class BudgetModel(NexusDbContext db, LimitStates states, EstimatedUse estimates, LimitEditor editor, IAntiforgery antiforgery, TimeProvider time) : PageModel
{
    private const int MostPast = 200;

    public LimitRow Limit { get; private set; } = null!;

    public Fragment View { get; private set; } = null!;

    public Task<IActionResult> OnGetAsync(string id, CancellationToken cancellation) => ShowAsync(id, null, null, [], [], cancellation);

    public async Task<IActionResult> OnPostEditAsync(string id, CancellationToken cancellation)
    {
        var fields = BudgetPages.Read(Request.Form);
        var (draft, problems) = BudgetPages.ToDraft(fields);
        if (draft is null || problems.Count > 0)
            return await ShowAsync(id, null, fields, problems, [], cancellation);
        await editor.ChangeAsync(id, draft, Actor.Of(HttpContext), cancellation);
        return await ShowAsync(id, "Saved. It is in force within a second, on all nodes.", null, [], [], cancellation);
    }

    public async Task<IActionResult> OnPostRaiseAsync(string id, CancellationToken cancellation)
    {
        var unit = await db.Limits.Where(limit => limit.Id == id).Select(limit => limit.Unit).FirstOrDefaultAsync(cancellation) ?? "usd";
        var now = time.GetUtcNow();
        try
        {
            var hours = int.TryParse(Request.Form["hours"], out var given) ? given : 0;
            var raise = new Raise(BudgetPages.ReadAmount(unit, Request.Form["amount"].ToString(), "Raise") ?? -1, now.AddHours(hours), Request.Form["reason"].ToString());
            string[] problems = [.. raise.Problems(now)];
            if (problems.Length > 0)
                return await ShowAsync(id, null, null, [], problems, cancellation);
            await editor.RaiseAsync(id, raise, Actor.Of(HttpContext), cancellation);
            return await ShowAsync(id, raise.Amount == 0 ? "The raise has ended." : "Raised.", null, [], [], cancellation);
        }
        catch (FormatException error)
        {
            return await ShowAsync(id, null, null, [], [error.Message], cancellation);
        }
    }

    public async Task<IActionResult> OnPostEnableAsync(string id, CancellationToken cancellation)
    {
        var enabled = Request.Form["enabled"] == "true";
        await editor.EnableAsync(id, enabled, Actor.Of(HttpContext), cancellation);
        return await ShowAsync(id, enabled ? "Enabled." : "Disabled.", null, [], [], cancellation);
    }

    public async Task<IActionResult> OnPostDeleteAsync(string id, CancellationToken cancellation)
    {
        await editor.DeleteAsync(id, Actor.Of(HttpContext), cancellation);
        return Redirect("/dashboard/budgets");
    }

    private async Task<IActionResult> ShowAsync(string id, string? done, BudgetFields? fields, IReadOnlyList<string> problems, IReadOnlyList<string> raiseProblems, CancellationToken cancellation)
    {
        if (await db.Limits.AsNoTracking().FirstOrDefaultAsync(limit => limit.Id == id, cancellation) is not { } limit)
            return NotFound();
        Limit = limit;
        var now = time.GetUtcNow();
        var here = (await states.ReadAsync(cancellation)).Where(state => state.Limit.Id == id).ToList();
        var estimated = await estimates.ReadAsync(here, cancellation);
        var budgets = here.Select(state => BudgetPart.From(state, now, estimated)).ToList();
        var past = (await states.HistoryAsync(limit, MostPast, cancellation)).Select(one => new PastPart(
            one.Subject.Length == 0 ? "everybody" : one.Subject, one.Period.Start, one.Period.End, Refusals.Amount(limit, one.Used), limit.Amount is { } budget ? (double)one.Used / budget : 0, one.Requests)).ToList();
        View = Fragment.Of<BudgetView>(("Id", id), ("Budgets", budgets), ("Past", past), ("Token", antiforgery.GetAndStoreTokens(HttpContext).RequestToken), ("Fields", fields ?? BudgetPages.FieldsOf(limit)), ("Problems", problems), ("RaiseProblems", raiseProblems), ("Done", done));
        return Request.IsHtmx() ? new ComponentResult(View) : Page();
    }
}
