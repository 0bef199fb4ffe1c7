using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Storage;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Windows;

namespace Nexus.Web.Pages;

/// <summary>What the limits page shows of accounts at one moment.</summary>
internal sealed class LimitsViews(UsageOptions options, DateTimeOffset now)
{
    private readonly DateTimeOffset _last = TimeBuckets.StartOf(now, AccountUsage.Bucket);
    private readonly TimeSpan _width = TimeSpan.FromMinutes(options.AccountWindowMinutes);

    /// <summary>Where the window of own sums begins.</summary>
    public DateTimeOffset WindowStart => _last + AccountUsage.Bucket - _width;

    /// <summary>Where buckets must begin for seven days of sliding windows.</summary>
    public DateTimeOffset TrendStart => _last.AddDays(-7) - _width;

    public AccountLimits Account(string account, IEnumerable<AccountWindowRow> windows, IEnumerable<AccountDomainUsage> sums, IReadOnlyList<WindowBucket> buckets)
    {
        var own = sums.Where(sum => sum.AccountId == account).ToList();
        var output = own.Sum(sum => sum.OutputTokens);
        var trend = SlidingWindow.Over(buckets, _last.AddDays(-7), _last, TimeSpan.FromHours(1), _width);
        return new(
            account,
            "/dashboard/token-usage?accountId=" + Uri.EscapeDataString(account),
            [.. windows.Where(window => window.AccountId == account).OrderBy(window => WindowPace.WidthOf(window.WindowName) ?? TimeSpan.MaxValue).ThenBy(window => window.WindowName, StringComparer.Ordinal).Select(Window)],
            output,
            options.AccountTokenLimit,
            options.AccountWindowMinutes,
            own.Sum(sum => sum.InputTokens),
            own.Sum(sum => sum.Requests),
            own.Count == 0 ? null : own.Max(sum => sum.LastRequestAt),
            trend[^1].Warned,
            [.. own.Select(sum => new UsageShare(sum.Domain, sum.OutputTokens, output == 0 ? 0 : (double)sum.OutputTokens / output))],
            [.. trend.Select(point => (double?)point.OutputTokens)]);
    }

    public ChartModel Chart(string title, IReadOnlyList<WindowBucket> buckets, TimeSpan length, TimeSpan step, TimeZoneInfo zone)
    {
        var points = SlidingWindow.Over(buckets, TimeBuckets.StartOf(now - length, step), TimeBuckets.StartOf(now, step), step, _width);
        return new(title, ChartUnit.Tokens, ChartKind.Lines, [.. points.Select(point => point.At)], points[^1].At + step, zone.Id, [new("output tokens", 8, [.. points.Select(point => (double?)point.OutputTokens)])]) { Limit = options.AccountTokenLimit };
    }

    private LimitWindow Window(AccountWindowRow row)
    {
        // A window that was reset since it was last seen is empty, as far as is known.
        if (row.ResetsAt <= now)
            return new(row.WindowName, null, 0, null, row.ObservedAt, null, null);
        var pace = WindowPace.Of(row.WindowName, row.Utilization, row.ResetsAt, now);
        return new(row.WindowName, row.Status, row.Utilization, row.ResetsAt, row.ObservedAt, pace.Elapsed, pace.FullAt);
    }
}
