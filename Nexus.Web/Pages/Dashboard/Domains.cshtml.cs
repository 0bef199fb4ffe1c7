using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Access.Keys;
using Nexus.Web.Capture;
using Nexus.Web.Credentials;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Pages;

/// <summary>The domains that were seen, have an account or have keys: who pays for them, and what is kept of their requests.</summary>
internal sealed class DomainsModel(NexusDbContext db, ClientKeys keys, DomainCapture capture, CredentialFiles files, IOptions<CaptureOptions> options, TableViews tables, TimeProvider time) : PageModel
{
    public Fragment Results { get; private set; } = null!;

    public Task<IActionResult> OnGetAsync(CancellationToken cancellation) => ShowAsync([], null, null, cancellation);

    public async Task<IActionResult> OnPostAsync(CancellationToken cancellation)
    {
        var domain = Request.Form["domain"].ToString();
        try
        {
            var level = Request.Form["capture"].ToString() is { Length: > 0 } text ? CaptureLevels.Parse(text) : (CaptureLevel?)null;
            await capture.SetAsync(domain, level, Request.Form["reason"].ToString(), Actor.Of(HttpContext), cancellation);
            return await ShowAsync([], null, $"Of {domain}, {(level ?? CaptureLevels.Parse(options.Value.Level)).ToText()} is kept from the next request on.", cancellation);
        }
        catch (KeyProblemException error)
        {
            return await ShowAsync(error.Problems, domain, null, cancellation);
        }
        catch (FormatException error)
        {
            return await ShowAsync([error.Message], domain, null, cancellation);
        }
    }

    private async Task<IActionResult> ShowAsync(IReadOnlyList<string> problems, string? wrong, string? done, CancellationToken cancellation)
    {
        var (state, preferences, instead) = await tables.ReadAsync(KnownTables.Domains, HttpContext, cancellation);
        if (instead is not null)
            return Redirect(instead);
        var view = await tables.OfAsync(state, preferences, [], HttpContext, cancellation);
        var now = time.GetUtcNow();
        var seen = await db.Usage(now.AddDays(-30), now).GroupBy(row => row.Domain)
            .Select(group => new { group.Key, Requests = group.Sum(row => row.Requests), Last = group.Max(row => row.LastRequestAt) }).ToDictionaryAsync(row => row.Key, cancellation);
        var settings = await db.DomainSettings.AsNoTracking().ToDictionaryAsync(row => row.Domain, cancellation);
        var working = (await KeyLine.ListAsync(keys, now, cancellation)).Where(key => key.Works).GroupBy(key => key.Domain).ToDictionary(group => group.Key, group => group.Count());
        var names = seen.Keys.Concat(settings.Keys).Concat(working.Keys).Concat(files.Domains).Distinct();
        var parts = names.Select(name =>
        {
            var (requests, last) = seen.TryGetValue(name, out var sums) ? (sums.Requests, (DateTimeOffset?)sums.Last) : (0, null);
            var set = settings.GetValueOrDefault(name);
            var (who, tone) = Payer(files.Find(name));
            return new DomainPart(name, requests, last, who, tone, working.GetValueOrDefault(name), set?.Capture, set?.CaptureReason, set?.UpdatedBy, set?.UpdatedAt);
        }).OrderByDescending(part => part.Requests).ThenBy(part => part.Domain, StringComparer.Ordinal).ToList();
        Results = Fragment.Of<DomainList>(("Domains", parts), ("Default", CaptureLevels.Parse(options.Value.Level).ToText()), ("View", view), ("Token", view.Token), ("Problems", problems), ("Wrong", wrong), ("Done", done));
        return Request.IsHtmx() ? new ComponentResult(Results) : Page();
    }

    private static (string Text, string? Tone) Payer(DomainCredential? credential) => credential switch
    {
        null => ("callers, with their own credential", null),
        { Problem: { } problem } => ("nobody: " + problem, "bad"),
        _ => ($"{(credential.IsPool ? "accounts" : "account")} {credential.AccountIds}{(credential.ClientApiKey is null ? "" : "; its file has a key too")}", null),
    };
}
