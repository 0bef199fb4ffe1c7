using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Usage.Windows;

namespace Nexus.Web.Pages.Shared;

/// <summary>A rate-limit window as the upstream's headers told it.</summary>
/// <param name="Elapsed">Share of its time that has passed; null where that is not known.</param>
/// <param name="FullAt">When it is used up at this pace; null when not before its reset.</param>
public sealed record LimitWindow(string Name, string? Status, double? Utilization, DateTimeOffset? ResetsAt, DateTimeOffset ObservedAt, double? Elapsed, DateTimeOffset? FullAt);

/// <summary>An account's limits at a glance.</summary>
/// <param name="Output">Output tokens in the last window of own sums.</param>
/// <param name="Limit">What that window is assumed to allow.</param>
/// <param name="Trend">Of the last seven days, an hour a point.</param>
public sealed record AccountLimits(
    string AccountId, string Href, IReadOnlyList<LimitWindow> Windows, long Output, long Limit, int WindowMinutes, long Input, long Requests, DateTimeOffset? LastRequestAt, bool Warned,
    IReadOnlyList<UsageShare> Domains, IReadOnlyList<double?> Trend);

/// <summary>One account in detail.</summary>
/// <param name="Days">Of one page, the newest first.</param>
/// <param name="Older">Address of the days before; null when none of them has anything.</param>
/// <param name="Newer">Address of the days after; null on the first page.</param>
public sealed record AccountDetail(AccountLimits Account, ChartModel Day, ChartModel Week, IReadOnlyList<DayOfTokens> Days, string? Older, string? Newer);
