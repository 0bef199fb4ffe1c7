using Htmx;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>The ledger, newest first, paged by key. Its state is in the URL.</summary>
internal sealed class RequestsModel(NexusDbContext db) : PageModel
{
    private const int PageSize = 50;

    public static IReadOnlyList<string> Outcomes { get; } = [.. Enum.GetValues<Outcome>().Select(outcome => outcome.ToText())];

    [BindProperty(SupportsGet = true, Name = "domain")]
    public string? Domain { get; set; }

    [BindProperty(SupportsGet = true, Name = "model")]
    public string? ModelName { get; set; }

    [BindProperty(SupportsGet = true, Name = "outcome")]
    public string? Outcome { get; set; }

    /// <summary>Id of the last request of the page before; an id holds its time.</summary>
    [BindProperty(SupportsGet = true, Name = "before")]
    public Guid? Before { get; set; }

    public IReadOnlyList<RequestLine> Rows { get; private set; } = [];

    public string? Older { get; private set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellation)
    {
        var rows = db.Requests.AsNoTracking();
        if (!string.IsNullOrEmpty(Domain))
            rows = rows.Where(row => row.Domain == Domain);
        if (!string.IsNullOrEmpty(ModelName))
            rows = rows.Where(row => row.ModelServed == ModelName || row.ModelRequested == ModelName);
        if (!string.IsNullOrEmpty(Outcome))
            rows = rows.Where(row => row.Outcome == Outcome);
        if (Before is { } before)
        {
            var at = PayloadReader.StartOf(before);
            rows = rows.Where(row => row.StartedAt < at || (row.StartedAt == at && row.Id.CompareTo(before) < 0));
        }

        Rows = await rows.OrderByDescending(row => row.StartedAt).ThenByDescending(row => row.Id).Take(PageSize)
            .Select(row => new RequestLine(row.Id, row.StartedAt, row.Domain, row.ModelServed ?? row.ModelRequested, row.Lane, row.Outcome, row.Status, row.InputTokens + row.OutputTokens, row.FirstByteMs, row.DurationMs))
            .ToListAsync(cancellation);
        Older = Rows.Count < PageSize ? null : QueryHelpers.AddQueryString("/dashboard/requests", new Dictionary<string, string?> { ["domain"] = Domain, ["model"] = ModelName, ["outcome"] = Outcome, ["before"] = Rows[^1].Id.ToString() });
        return Request.IsHtmx() ? new ComponentResult<RequestTable>(new() { ["Rows"] = Rows, ["Older"] = Older }) : Page();
    }
}

/// <summary>A static Razor component as the answer of a page handler: the fragment that htmx asked for.</summary>
internal sealed class ComponentResult<T>(Dictionary<string, object?> parameters) : ActionResult
    where T : Microsoft.AspNetCore.Components.IComponent
{
    public override Task ExecuteResultAsync(ActionContext context) => new RazorComponentResult<T>(parameters).ExecuteAsync(context.HttpContext);
}
