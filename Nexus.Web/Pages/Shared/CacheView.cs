using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Usage.Caching;
using Nexus.Web.Usage.Reports;

namespace Nexus.Web.Pages.Shared;

/// <summary>A missed turn as the page lists it.</summary>
/// <param name="Gap">Between the turn and the one before it.</param>
public sealed record CacheMissLine(Guid Id, Guid PreviousId, DateTimeOffset At, TimeSpan Gap, string Who, string Domain, string SessionId, string? Model, string Cause, string? ChangedPart, long MissedTokens, long WastedMicros);

/// <summary>What the cache page shows of a stretch of time.</summary>
/// <param name="Older">The page of older misses; null at the end.</param>
public sealed record CacheView(
    string? Problem,
    UsageSums Total,
    IReadOnlyList<CacheWasteLine> Causes,
    IReadOnlyList<CacheWasteLine> People,
    IReadOnlyList<CacheWasteLine> Conversations,
    IReadOnlyList<CacheWasteLine> Parts,
    ChartModel Chart,
    IReadOnlyList<CacheMissLine> Misses,
    string? Older)
{
    public long WastedMicros => Causes.Sum(cause => cause.WastedMicros);

    public long MissCount => Causes.Sum(cause => cause.Misses);
}
