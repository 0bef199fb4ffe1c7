using System.Text;
using System.Text.Json;
using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Channels;
using Nexus.Web.Operations.Reports;
using Nexus.Web.Pages.Reports;
using Nexus.Web.Pages.Shared.Reports;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>One report, to be read or taken away.</summary>
internal sealed class ReportModel(NexusDbContext db, ReportFiles files, IOptions<ChannelOptions> channels) : PageModel
{
    private ReportContent _content = null!;

    public ReportLine Line { get; private set; } = null!;

    public Fragment View { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync(Guid id, CancellationToken cancellation)
    {
        if (!await FindAsync(id, cancellation))
            return NotFound();
        View = Fragment.Of<ReportView>(("Report", Line), ("Content", _content), ("Viewed", true));
        return Request.IsHtmx() ? new ComponentResult(View) : Page();
    }

    public async Task<IActionResult> OnGetHtmlAsync(Guid id, CancellationToken cancellation)
    {
        if (!await FindAsync(id, cancellation))
            return NotFound();
        var dashboard = channels.Value.DashboardUrl is { Length: > 0 } known ? known : $"{Request.Scheme}://{Request.Host}";
        return File(Encoding.UTF8.GetBytes(await files.HtmlAsync(Line, _content, dashboard)), "text/html; charset=utf-8", Name("html"));
    }

    public async Task<IActionResult> OnGetCsvAsync(Guid id, CancellationToken cancellation) =>
        await FindAsync(id, cancellation) ? File(Encoding.UTF8.GetBytes(ReportFiles.Csv(_content)), "text/csv; charset=utf-8", Name("csv")) : NotFound();

    private string Name(string extension) => FormattableString.Invariant($"{Line.Kind}-{Line.FromAt.UtcDateTime:yyyyMMdd}.{extension}");

    private async Task<bool> FindAsync(Guid id, CancellationToken cancellation)
    {
        if (await db.Reports.AsNoTracking().FirstOrDefaultAsync(row => row.Id == id, cancellation) is not { } row)
            return false;
        Line = new(row.Id, row.Kind, row.Title, row.Summary, row.FromAt, row.ToAt, row.MadeAt);
        _content = JsonSerializer.Deserialize<ReportContent>(row.Content, JsonSerializerOptions.Web)!;
        return true;
    }
}
