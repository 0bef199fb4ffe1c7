using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Pages.Shared.Tables;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;
using Nexus.Web.Usage.Caching;
using Nexus.Web.Usage.Reports;

namespace Nexus.Web.Pages;

/// <summary>What prompt caching saved, and the turns that missed it, with cause and price.</summary>
internal sealed class CacheModel(NexusDbContext db, UsageReports reports, UsageNames names, CacheWaste waste, TableViews tables, TimeProvider time) : PageModel
{
    private const int PageSize = 50;
    private const string DefaultRange = "7d";

    public Fragment Filters { get; private set; } = null!;

    public Fragment Results { get; private set; } = null!;

    /// <param name="before">Id of the last miss of the page before.</param>
    public async Task<IActionResult> OnGetAsync(Guid? before, CancellationToken cancellation)
    {
        var range = TimeRange.Read(Request.Query, ViewerZone.Of(HttpContext), time.GetUtcNow(), DefaultRange);
        var (state, preferences, instead) = await tables.ReadAsync(KnownTables.Misses, HttpContext, cancellation);
        if (instead is not null)
            return Redirect(instead);
        var table = await tables.OfAsync(state, preferences, range.Query(DefaultRange), HttpContext, cancellation);
        table = table with { Export = "/api/export/cache-misses" + table.Query };
        Filters = Fragment.Of<CacheFilters>(("Range", range.Name), ("From", range.FromText), ("To", range.ToText), ("Zone", range.Zone.Id), ("Default", DefaultRange), ("Keep", table.Arrangement));
        Results = Fragment.Of<CacheResults>(("View", await ViewAsync(range, before, table, cancellation)), ("Table", table));
        return Request.IsHtmx() ? new ComponentResult(Results) : Page();
    }

    private async Task<CacheView> ViewAsync(TimeRange range, Guid? before, TableView table, CancellationToken cancellation)
    {
        var starts = range.Intervals();
        var usage = await reports.ReadAsync(new(range.From, range.To, [range.From], UsageDimension.Model, []), (range.From, range.From), cancellation);
        var report = await waste.ReadAsync(range.From, range.To, starts, cancellation);
        var misses = await MissesAsync(range, before, cancellation);
        var older = misses.Count > PageSize ? table.With(("before", misses[PageSize - 1].Id.ToString())) : null;
        return new(range.Problem, usage.Total, report.Causes, report.People, report.Conversations, [.. report.Parts.Where(part => part.Name.Length > 0)], Chart(range, starts, report), [.. misses.Take(PageSize)], older);
    }

    private async Task<List<CacheMissLine>> MissesAsync(TimeRange range, Guid? before, CancellationToken cancellation)
    {
        var (from, to) = (range.From.ToUniversalTime(), range.To.ToUniversalTime());
        var rows = db.CacheMisses.AsNoTracking().Where(row => row.StartedAt >= from && row.StartedAt < to);
        if (before is { } id)
        {
            var at = PayloadReader.StartOf(id);
            rows = rows.Where(row => row.StartedAt <= at && (row.StartedAt < at || row.Id.CompareTo(id) < 0));
        }

        var nameOf = await names.NamesAsync(cancellation);
        var key = UsageDimension.Find("key")!;
        return [.. (await rows.OrderByDescending(row => row.StartedAt).ThenByDescending(row => row.Id).Take(PageSize + 1).ToListAsync(cancellation)).Select(row => new CacheMissLine(
            row.Id, row.PreviousId, row.StartedAt, row.StartedAt - row.PreviousAt, row.Owner ?? nameOf(key, row.KeyId ?? ""), row.Domain, row.SessionId, row.Model, row.Cause, row.ChangedPart, row.MissedTokens, row.WastedMicros))];
    }

    private static ChartModel Chart(TimeRange range, IReadOnlyList<DateTimeOffset> starts, CacheWasteReport report)
    {
        var series = CacheCauses.All.Select((cause, color) => (cause, color)).Where(pair => report.Causes.Any(line => line.Name == pair.cause)).Select(pair =>
        {
            var values = new double?[starts.Count];
            Array.Fill(values, 0);
            foreach (var cell in report.Cells.Where(cell => cell.Cause == pair.cause))
                values[Math.Min(cell.Interval, starts.Count - 1)] += cell.WastedMicros;
            return new ChartSeries(Display.Words(pair.cause), pair.color, values);
        });
        return new("Wasted by cause", ChartUnit.Money, ChartKind.Bars, starts, range.To, range.Zone.Id, [.. series]) { RangeHref = "/dashboard/cache" };
    }
}
