using Nexus.Web.Capture.Journaling;
using Nexus.Web.Operations.Health;
using Nexus.Web.Pages.Alerts;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Morning;
using Nexus.Web.Usage;

namespace Nexus.Web.Pages.Morning;

/// <summary>Puts the overview together.</summary>
internal sealed class MorningPages(UsageSummary usage, MorningFacts facts, BudgetBanners budgets, AlertPages alerts, CheckBoard board, IServiceProvider services, TimeProvider time)
{
    /// <param name="zone">Whose midnight today began at.</param>
    public async Task<OverviewPart> ReadAsync(TimeZoneInfo zone, bool anyStored, string proxy, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var sums = await usage.ReadAsync(zone.StartOfDay(now), zone.StartOfHour(now).AddHours(-23), cancellation);
        var known = await facts.ReadAsync(cancellation);
        var of = await budgets.ReadAsync(cancellation);
        var firing = await alerts.FiringAsync(cancellation);
        var limits = NearLimits.Of(known.Windows, of.All, now);
        return new(
            new(Verdicts.Of(board.States, firing, known.Jobs, limits, known.Backups), limits, known.Errors, known.Jobs, known.Backups, known.AsOf),
            Of(sums.Today), Of(sums.Day), Of(sums.Before),
            [.. sums.Hours.Select(hour => new HourFigures(TimeZoneInfo.ConvertTime(hour.At, zone), hour.Requests, hour.Errors) { Until = TimeZoneInfo.ConvertTime(hour.At.AddHours(1), zone), CostMicros = hour.CostMicros, Prompt = hour.Prompt, Output = hour.Output })],
            [.. sums.Models.Select(model => new ModelFigures(model.Domain, model.Model, model.Requests, model.Errors, Of(model.Tokens)) { CostMicros = model.Spend.Micros, EstimatedCostMicros = model.Spend.EstimatedMicros })],
            firing, of.Told, of.Drift, zone.Id, services.GetService<Journal>()?.Status.BacklogExchanges ?? 0L, anyStored || sums.Day.Requests > 0, proxy);
    }

    private static Figures Of(UsageTotals totals) => new(totals.Requests, totals.Errors, Of(totals.Tokens), Of(totals.Duration), Of(totals.FirstByte)) { CostMicros = totals.Spend.Micros, EstimatedCostMicros = totals.Spend.EstimatedMicros, Unpriced = totals.Spend.Unpriced };

    private static TokenFigures Of(TokenUsage tokens) => new(tokens.Input, tokens.Output, tokens.CacheRead, tokens.CacheCreation5m, tokens.CacheCreation1h);

    private static Latency Of(long[] histogram) => new(LatencyBuckets.Quantile(histogram, 0.5), LatencyBuckets.Quantile(histogram, 0.95), LatencyBuckets.Quantile(histogram, 0.99));
}
