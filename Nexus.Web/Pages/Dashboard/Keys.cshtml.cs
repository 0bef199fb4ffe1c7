using Htmx;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Access.Keys;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Tables;

namespace Nexus.Web.Pages;

/// <summary>All managed keys, and the form that makes one. A new key is in the answer to that form and nowhere else.</summary>
internal sealed class KeysModel(ClientKeys keys, KeyPages pages, KeyTest test, TableViews tables, TimeProvider time) : PageModel
{
    public static RenderFragment NewKeyLabel { get; } = builder => builder.AddContent(0, "New key");

    public Fragment Filters { get; private set; } = null!;

    public Fragment Results { get; private set; } = null!;

    public Fragment Form { get; private set; } = null!;

    public IReadOnlyList<string> Owners { get; private set; } = [];

    public IReadOnlyList<string> Domains { get; private set; } = [];

    public Task<IActionResult> OnGetAsync(CancellationToken cancellation) => ShowAsync(null, new(), [], cancellation);

    public async Task<IActionResult> OnPostCreateAsync(CancellationToken cancellation)
    {
        var fields = KeyPages.Read(Request.Form);
        try
        {
            var (row, key) = await keys.CreateAsync(KeyPages.ToRequest(fields, null, time.GetUtcNow()), Actor.Of(HttpContext), cancellation);
            return await ShowAsync(pages.New(KeyLine.Of(row, time.GetUtcNow()), key), new(), [], cancellation);
        }
        catch (KeyProblemException error)
        {
            return await ShowAsync(null, fields, error.Problems, cancellation);
        }
    }

    public async Task<IActionResult> OnPostTestAsync(CancellationToken cancellation)
    {
        var (accepted, meaning) = await test.TryAsync(Request.Form["domain"].ToString(), Request.Form["key"].ToString().Trim(), cancellation);
        return new ComponentResult(Fragment.Of<KeyTested>(("Accepted", accepted), ("Meaning", meaning)));
    }

    private async Task<IActionResult> ShowAsync(NewKey? made, KeyFields fields, IReadOnlyList<string> problems, CancellationToken cancellation)
    {
        var (state, preferences, instead) = await tables.ReadAsync(KnownTables.Keys, HttpContext, cancellation);
        if (instead is not null)
            return Redirect(instead);
        var all = await KeyLine.ListAsync(keys, time.GetUtcNow(), cancellation);
        var table = KeyTable.Read(all, Request.Query);
        var view = await tables.OfAsync(state, preferences, table.Pairs, HttpContext, cancellation);
        view = view with { Export = "/api/export/keys" + view.Query };
        var after = Request.Query["before"].ToString() is { Length: > 0 } last ? last : null;
        var (shown, next) = table.Page(view.Sort, view.Ascending, after);
        var filters = Fragment.Of<KeyFilters>(("Owners", table.Owners), ("Domains", table.Domains), ("States", table.OfState), ("Owner", table.Owner), ("Domain", table.Domain), ("State", table.State), ("Keep", view.Arrangement), ("CountsOnly", Request.IsHtmx()));
        Results = Fragment.Of<KeyList>(
            ("Keys", shown.Select(KeyPart.Of).ToList()), ("View", view), ("Total", table.Matching.Count), ("Next", next is null ? null : view.With(("before", next))), ("First", after is null ? null : view.With()), ("Counted", Request.IsHtmx() && Request.Headers["HX-Trigger"] == "filters" ? filters.Parameters : null),
            ("Filtered", table.Matching.Count < all.Count), ("New", made), ("Fields", fields), ("Problems", problems), ("Token", view.Token));
        if (Request.IsHtmx())
            return new ComponentResult(Results);
        Owners = [.. all.Select(key => key.Owner).Distinct().Order(StringComparer.OrdinalIgnoreCase)];
        Domains = pages.Domains(all);
        Filters = filters;
        Form = Fragment.Of<KeyDialog>(("Token", view.Token));
        return Page();
    }
}
