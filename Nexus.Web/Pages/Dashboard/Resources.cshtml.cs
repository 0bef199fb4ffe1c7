using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Operations.Resources;
using Nexus.Web.Pages.Resources;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Pages.Shared.Resources;

namespace Nexus.Web.Pages;

/// <summary>What a node and the database used over time, from the samples of every minute.</summary>
internal sealed class ResourcesModel(ResourceHistory history, DiskForecast forecast, OomWatch kills, TimeProvider time) : PageModel
{
    public Fragment Filters { get; private set; } = null!;

    public Fragment Results { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync(string? node, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var range = TimeRange.Read(Request.Query, ViewerZone.Of(HttpContext), now);
        var nodes = await history.NodesAsync(now, cancellation);
        var shown = !string.IsNullOrEmpty(node) ? node : nodes.Contains(Environment.MachineName) ? Environment.MachineName : nodes.FirstOrDefault() ?? Environment.MachineName;
        // Steps begin where the clock has round numbers.
        var step = ResourceHistory.Step(range.To - range.From);
        var from = new DateTimeOffset(range.From.UtcTicks - (range.From.UtcTicks % step.Ticks), TimeSpan.Zero);
        var points = await history.NodeAsync(shown, from, range.To, now, cancellation);
        var database = await history.DatabaseAsync(from, range.To, now, cancellation);
        var starts = await history.StartsAsync(shown, range.From, range.To, cancellation);
        var (week, before) = (await history.WeekAsync(shown, now.AddDays(-7), cancellation), await history.WeekAsync(shown, now.AddDays(-14), cancellation));
        var charts = new ResourceCharts(range with { From = from }, step, "/dashboard/resources" + (string.IsNullOrEmpty(node) ? "" : "?node=" + Uri.EscapeDataString(node)), points, database);
        Results = Fragment.Of<ResourceResults>(
            ("Problem", range.Problem), ("Node", shown), ("Charts", charts.All()), ("Now", ResourceViews.Now(points)), ("Starts", starts), ("Kills", shown == Environment.MachineName ? Killed(kills.News) : null), ("Trend", ResourceViews.Weeks(week, before)),
            ("Disks", (await forecast.ReadAsync(cancellation)).Select(disk => new DiskLine(disk.Name, DiskForecastJob.Words(disk), disk.Free, disk.Total, disk.IsSoon)).ToList()));
        if (Request.IsHtmx())
            return new ComponentResult(Results);
        Filters = Fragment.Of<ResourceFilters>(("Nodes", FilterOption.Of(nodes.Order(StringComparer.Ordinal))), ("Node", node), ("Range", range.Name), ("From", range.FromText), ("To", range.ToText), ("Zone", range.Zone.Id));
        return Page();
    }

    private static KillsLine? Killed(OomNews news) => news.Total is { } total ? new(news.Since, news.Seen, news.LastAt, Math.Max(0, total.Count - news.Seen), total.IsOfGroup) : null;
}
