using Htmx;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Access.Keys;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Pages.Shared;

namespace Nexus.Web.Pages;

/// <summary>One managed key: what it may, and its change, rotation and end.</summary>
internal sealed class KeyModel(ClientKeys keys, KeyPages pages, IAntiforgery antiforgery, TimeProvider time) : PageModel
{
    public KeyLine Line { get; private set; } = null!;

    public Fragment View { get; private set; } = null!;

    public Task<IActionResult> OnGetAsync(string id, CancellationToken cancellation) => ShowAsync(id, null, null, [], null, cancellation);

    public async Task<IActionResult> OnPostEditAsync(string id, CancellationToken cancellation)
    {
        var fields = KeyPages.Read(Request.Form);
        try
        {
            await keys.EditAsync(id, row => KeyPages.ToRequest(fields, row, time.GetUtcNow()), Actor.Of(HttpContext), cancellation);
            return await ShowAsync(id, null, null, [], "Saved. It holds from the next request on.", cancellation);
        }
        catch (KeyProblemException error)
        {
            return await ShowAsync(id, null, fields, error.Problems, null, cancellation);
        }
    }

    public async Task<IActionResult> OnPostRotateAsync(string id, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        try
        {
            var rotated = await keys.RotateAsync(id, Moment.Parse(Request.Form["overlap"].ToString(), now), Actor.Of(HttpContext), cancellation);
            return await ShowAsync(id, rotated is var (row, key) ? pages.New(KeyLine.Of(row, now), key) : null, null, [], null, cancellation);
        }
        catch (Exception error) when (error is KeyProblemException or FormatException)
        {
            return await ShowAsync(id, null, null, [error.Message], null, cancellation);
        }
    }

    public async Task<IActionResult> OnPostRevokeAsync(string id, CancellationToken cancellation)
    {
        await keys.RevokeAsync(id, Actor.Of(HttpContext), cancellation);
        return Redirect($"/dashboard/key/{id}");
    }

    private async Task<IActionResult> ShowAsync(string id, NewKey? made, KeyFields? fields, IReadOnlyList<string> problems, string? done, CancellationToken cancellation)
    {
        if ((await KeyLine.ListAsync(keys, time.GetUtcNow(), cancellation)).Find(line => line.Id == id) is not { } line)
            return NotFound();
        Line = line;
        View = Fragment.Of<KeyView>(("Key", KeyPart.Of(line)), ("Token", antiforgery.GetAndStoreTokens(HttpContext).RequestToken), ("New", made), ("Done", done), ("Fields", fields ?? KeyPages.FieldsOf(line)), ("Problems", problems));
        return Request.IsHtmx() ? new ComponentResult(View) : Page();
    }
}
