using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Pages.Alerts;
using Nexus.Web.Pages.Live;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Usage;

namespace Nexus.Web.Pages;

/// <summary>Today and the last 24 hours, from the rollups alone: it costs the same at any size of the ledger.</summary>
internal sealed class OverviewModel(UsageSummary usage, InFlightSnapshots inFlight, BudgetBanners banners, AlertPages alerts, IServiceProvider services, ProxyAddress proxy, TimeProvider time) : PageModel
{
    public Fragment Figures { get; private set; } = null!;

    public Fragment InFlight { get; private set; } = null!;

    public Fragment Banners { get; private set; } = null!;

    public Fragment Alerts { get; private set; } = null!;

    public string LiveAddress { get; private set; } = "";

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        Figures = await FiguresAsync(now, cancellation);
        if (Request.IsHtmx())
            return new ComponentResult(Figures);
        var rows = InFlightRows.Of(inFlight.Current(), new RequestFilter());
        InFlight = Fragment.Of<InFlightList>(("Requests", rows.Requests), ("More", rows.More), ("Now", now));
        Banners = await banners.ReadAsync(cancellation);
        Alerts = await alerts.BannerAsync(cancellation);
        LiveAddress = LiveFeature.Address(new RequestFilter(), rows: false, now);
        return Page();
    }

    private async Task<Fragment> FiguresAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        var zone = ViewerZone.Of(HttpContext);
        var from = zone.StartOfHour(now).AddHours(-23);
        var (today, day, hours, models) = await usage.ReadAsync(zone.StartOfDay(now), from, cancellation);
        return Fragment.Of<OverviewFigures>(
            ("Today", Of(today)),
            ("Day", Of(day)),
            ("Hours", hours.Select(hour => new HourFigures(TimeZoneInfo.ConvertTime(hour.At, zone), hour.Requests, hour.Errors)).ToList()),
            ("Models", models.Select(model => new ModelFigures(model.Domain, model.Model, model.Requests, model.Errors, Of(model.Tokens)) { CostMicros = model.Spend.Micros, EstimatedCostMicros = model.Spend.EstimatedMicros }).ToList()),
            ("Zone", zone.Id),
            ("Backlog", services.GetService<Journal>()?.Status.BacklogExchanges ?? 0L),
            ("ProxyAddress", proxy.For(Request)));
    }

    private static Figures Of(UsageTotals totals) => new(totals.Requests, totals.Errors, Of(totals.Tokens), Of(totals.Duration), Of(totals.FirstByte)) { CostMicros = totals.Spend.Micros, EstimatedCostMicros = totals.Spend.EstimatedMicros, Unpriced = totals.Spend.Unpriced };

    private static TokenFigures Of(TokenUsage tokens) => new(tokens.Input, tokens.Output, tokens.CacheRead, tokens.CacheCreation5m, tokens.CacheCreation1h);

    private static Latency Of(long[] histogram) => new(LatencyBuckets.Quantile(histogram, 0.5), LatencyBuckets.Quantile(histogram, 0.95), LatencyBuckets.Quantile(histogram, 0.99));
}
