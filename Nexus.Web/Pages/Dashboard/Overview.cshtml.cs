using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Proxy;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Pages;

/// <summary>The last 24 hours, from the rollups alone: it costs the same at any size of the ledger.</summary>
internal sealed class OverviewModel(NexusDbContext db, InFlightRequests inFlight, IServiceProvider services, TimeProvider time) : PageModel
{
    public sealed record Line(string Domain, string Model, long Requests, long Errors, long Input, long Output);

    public long Requests { get; private set; }
    public long Errors { get; private set; }
    public long Input { get; private set; }
    public long Output { get; private set; }
    public long CacheRead { get; private set; }
    public long CacheCreation { get; private set; }
    public double? Median { get; private set; }
    public double? P95 { get; private set; }
    public IReadOnlyList<HourlyChart.Hour> Hours { get; private set; } = [];
    public IReadOnlyList<Line> Breakdown { get; private set; } = [];

    public int InFlight => inFlight.Count;

    public long Backlog => services.GetService<Journal>()?.Status.BacklogExchanges ?? 0;

    public async Task OnGetAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var thisHour = TimeBuckets.StartOf(now, TimeSpan.FromHours(1));
        var from = thisHour.AddHours(-23);
        var rows = await db.Usage5m.AsNoTracking().Where(row => row.Bucket >= from).ToListAsync(cancellation);
        Requests = rows.Sum(row => row.Requests);
        Errors = rows.Sum(row => row.Errors);
        Input = rows.Sum(row => row.InputTokens);
        Output = rows.Sum(row => row.OutputTokens);
        CacheRead = rows.Sum(row => row.CacheReadTokens);
        CacheCreation = rows.Sum(row => row.CacheCreation5mTokens + row.CacheCreation1hTokens);
        var histogram = new long[LatencyBuckets.Count];
        foreach (var row in rows)
            for (var i = 0; i < Math.Min(histogram.Length, row.DurationHistogram.Length); i++)
                histogram[i] += row.DurationHistogram[i];
        Median = LatencyBuckets.Quantile(histogram, 0.5);
        P95 = LatencyBuckets.Quantile(histogram, 0.95);
        var byHour = rows.ToLookup(row => TimeBuckets.StartOf(row.Bucket, TimeSpan.FromHours(1)));
        Hours = [.. Enumerable.Range(0, 24).Select(hour => from.AddHours(hour)).Select(hour => new HourlyChart.Hour(hour, byHour[hour].Sum(row => row.Requests), byHour[hour].Sum(row => row.Errors)))];
        Breakdown = [.. rows.GroupBy(row => (row.Domain, row.Model))
            .Select(group => new Line(group.Key.Domain, group.Key.Model, group.Sum(row => row.Requests), group.Sum(row => row.Errors), group.Sum(row => row.InputTokens), group.Sum(row => row.OutputTokens)))
            .OrderByDescending(line => line.Requests).Take(20)];
    }
}
