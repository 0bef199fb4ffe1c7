using Htmx;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Access.Keys;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Pages.Shared;

namespace Nexus.Web.Pages;

/// <summary>All managed keys, and the form that makes one. A new key is in the answer to that form and nowhere else.</summary>
internal sealed class KeysModel(ClientKeys keys, KeyPages pages, KeyTest test, IAntiforgery antiforgery, TimeProvider time) : PageModel
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
        var all = await KeyLine.ListAsync(keys, time.GetUtcNow(), cancellation);
        string? Asked(string name) => Request.Query[name].ToString() is { Length: > 0 } value ? value : null;
        var (owner, domain, state) = (Asked("owner"), Asked("domain"), Asked("state"));
        var shown = all.Where(key => (owner is null || key.Owner == owner) && (domain is null || key.Domain == domain) && (state is null || key.State == state)).Select(KeyPart.Of).ToList();
        var token = antiforgery.GetAndStoreTokens(HttpContext).RequestToken!;
        Results = Fragment.Of<KeyList>(("Keys", shown), ("Filtered", shown.Count < all.Count), ("New", made), ("Fields", fields), ("Problems", problems), ("Token", token));
        if (Request.IsHtmx())
            return new ComponentResult(Results);
        Owners = [.. all.Select(key => key.Owner).Distinct().Order(StringComparer.OrdinalIgnoreCase)];
        Domains = pages.Domains(all);
        Filters = Fragment.Of<KeyFilters>(("Owners", Owners), ("Domains", all.Select(key => key.Domain).Distinct().Order(StringComparer.Ordinal).ToList()), ("Owner", owner), ("Domain", domain), ("State", state));
        Form = Fragment.Of<KeyDialog>(("Token", token));
        return Page();
    }
}
