using Htmx;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Access.Limits;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>All limits with what is used of them, the form that makes one, and what one would have stopped.</summary>
internal sealed class BudgetsModel(LimitStates states, EstimatedUse estimates, LimitEditor editor, Database database, TableViews tables, TimeProvider time) : PageModel
{
    public static RenderFragment NewLimit { get; } = builder => builder.AddContent(0, "New limit");

    public Fragment Results { get; private set; } = null!;

    public Fragment Form { get; private set; } = null!;

    public Task<IActionResult> OnGetAsync(CancellationToken cancellation) => ShowAsync(null, new(), [], cancellation);

    public async Task<IActionResult> OnPostCreateAsync(CancellationToken cancellation)
    {
        var fields = BudgetPages.Read(Request.Form);
        var (draft, problems) = BudgetPages.ToDraft(fields);
        if (draft is null || problems.Count > 0)
            return await ShowAsync(null, fields, problems, cancellation);
        await editor.CreateAsync(draft, Actor.Of(HttpContext), cancellation);
        return await ShowAsync($"'{draft.Name}' is in force within a second, on all nodes.", new(), [], cancellation);
    }

    public async Task<IActionResult> OnPostWhatIfAsync(CancellationToken cancellation)
    {
        var (draft, problems) = BudgetPages.ToDraft(BudgetPages.Read(Request.Form));
        if (draft is null || problems.Count > 0)
            return new ComponentResult(Fragment.Of<BudgetWhatIf>(("Problems", problems)));
        var limit = draft.NewRow("", "", time.GetUtcNow());
        if (limit.Amount is null)
            return new ComponentResult(Fragment.Of<BudgetWhatIf>(("HasBudget", false)));
        var result = await WhatIf.OfAsync(database.DataSource, limit, time.GetUtcNow(), cancellation);
        return new ComponentResult(Fragment.Of<BudgetWhatIf>(
            ("Days", result.Days.Select(day => new StoppedPart(day.Day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), day.Subject.Length == 0 ? "everybody" : day.Subject, day.Requests, Refusals.Amount(limit, day.Stopped))).ToList()),
            ("Hard", limit.Hard), ("Requests", result.Requests), ("Used", Refusals.Amount(limit, result.Used)), ("Stopped", Refusals.Amount(limit, result.Days.Sum(day => day.Stopped)))));
    }

    private static IComparable? Figure(BudgetPart budget, string column) => column switch
    {
        "limit" => budget.Name,
        "whose" => budget.Of,
        "used" => budget.Used is null ? null : budget.Share,
        "pace" => budget.Budget > 0 && budget.Used > 0 ? (double?)budget.Expected / budget.Budget : null,
        "resets" => budget.Resets,
        _ => budget.State,
    };

    private async Task<IActionResult> ShowAsync(string? done, BudgetFields fields, IReadOnlyList<string> problems, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var (arranged, preferences, instead) = await tables.ReadAsync(KnownTables.Budgets, HttpContext, cancellation);
        if (instead is not null)
            return Redirect(instead);
        var view = await tables.OfAsync(arranged, preferences, [], HttpContext, cancellation);
        var all = await states.ReadAsync(cancellation);
        var estimated = await estimates.ReadAsync(all, cancellation);
        var budgets = all.Select(state => BudgetPart.From(state, now, estimated)).OrderByDescending(budget => budget.Enabled).ThenByDescending(budget => budget.Share).ToList();
        Results = Fragment.Of<BudgetList>(("Budgets", RowOrder.By(budgets, view.Sort, view.Ascending, Figure)), ("View", view), ("Token", view.Token), ("Fields", fields), ("Problems", problems), ("Done", done));
        if (Request.IsHtmx())
            return new ComponentResult(Results);
        Form = Fragment.Of<BudgetDialog>(("Token", view.Token));
        return Page();
    }
}
