using Htmx;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Pages.Shared.Tables;
using Nexus.Web.Pages.Tables;

namespace Nexus.Web.Pages;

/// <summary>The saved views of all tables; and where the menus above a table send what is to be saved or kept. Each form leads back to a page.</summary>
internal sealed class ViewsModel(SavedViews saved, KeptPreferences kept, IAntiforgery antiforgery) : PageModel
{
    public Fragment Results { get; private set; } = null!;

    private Arranger Who => Arranger.Of(HttpContext);

    public Task<IActionResult> OnGetAsync(CancellationToken cancellation) => ShowAsync(null, null, cancellation);

    public async Task<IActionResult> OnPostSaveAsync(string? page, string? name, string? query, bool shared, CancellationToken cancellation)
    {
        try
        {
            return Redirect((await saved.SaveAsync(page ?? "", name ?? "", query ?? "", shared, Who, Actor.Of(HttpContext), cancellation)).Href);
        }
        catch (FormatException error)
        {
            return await ShowAsync(error.Message, null, cancellation);
        }
    }

    public async Task<IActionResult> OnPostRenameAsync(Guid id, string? name, bool shared, CancellationToken cancellation)
    {
        try
        {
            return await saved.RenameAsync(id, name ?? "", shared, Who, Actor.Of(HttpContext), cancellation) is { } row ? Back(row.Page) : await ShowAsync("There is no such view of yours any more.", null, cancellation);
        }
        catch (FormatException error)
        {
            return await ShowAsync(error.Message, id, cancellation);
        }
    }

    public async Task<IActionResult> OnPostDeleteAsync(Guid id, CancellationToken cancellation) =>
        await saved.DeleteAsync(id, Who, Actor.Of(HttpContext), cancellation) is { } row ? Back(row.Page) : await ShowAsync("There is no such view of yours any more.", null, cancellation);

    /// <summary>The view that a table opens with, for whoever asks; none without an id.</summary>
    public async Task<IActionResult> OnPostDefaultAsync(string? page, Guid? id, CancellationToken cancellation)
    {
        if (KnownTables.Find(page ?? "") is not { } table)
            return NotFound();
        await kept.KeepAsync(HttpContext, (await kept.ReadAsync(HttpContext, cancellation)).WithView(table.Page, id), cancellation);
        return Back(table.Page);
    }

    /// <summary>Columns and density as they are shown become those of whoever asks, or are forgotten.</summary>
    public async Task<IActionResult> OnPostKeepAsync(string? page, string? cols, string? density, string? query, string? what, CancellationToken cancellation)
    {
        if (KnownTables.Find(page ?? "") is not { } table)
            return NotFound();
        var columns = what == "forget" ? null : table.Choose((cols ?? "").Split(','))?.Select(column => column.Name).ToArray();
        var preferences = (await kept.ReadAsync(HttpContext, cancellation)).WithColumns(table.Page, columns) with { Compact = what == "forget" ? null : density == "compact" };
        await kept.KeepAsync(HttpContext, preferences, cancellation);
        // The address needs not say any more what is kept; and after forgetting it must not.
        var pairs = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(query).Where(pair => pair.Key is not ("cols" or "density" or "all")).SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value))).ToList();
        return Redirect(pairs.Count == 0 && preferences.Views.ContainsKey(table.Page) ? table.Href + "?all" : Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString(table.Href, pairs));
    }

    private RedirectResult Back(string page) => Redirect("/dashboard/views?page=" + page);

    private async Task<IActionResult> ShowAsync(string? problem, Guid? wrong, CancellationToken cancellation)
    {
        var page = KnownTables.Find(Request.Query["page"].ToString())?.Page;
        Results = Fragment.Of<SavedViewList>(
            ("Views", await saved.ListAsync(page, Who, await kept.ReadAsync(HttpContext, cancellation), cancellation)), ("Token", antiforgery.GetAndStoreTokens(HttpContext).RequestToken), ("Problem", problem), ("Wrong", wrong));
        return Request.IsHtmx() ? new ComponentResult(Results) : Page();
    }
}
