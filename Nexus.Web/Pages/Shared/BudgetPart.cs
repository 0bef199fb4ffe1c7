using Nexus.Web.Access.Limits;
using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Pages.Shared;

/// <summary>A limit as it stands for one subject. Amounts are in millionths of a dollar, or in tokens.</summary>
/// <param name="Of">Whom it limits, in words.</param>
/// <param name="Used">Null where there is no budget.</param>
/// <param name="Elapsed">Share of the period that has passed.</param>
/// <param name="Expected">At the period's end, at this pace; null when nothing can be said yet.</param>
/// <param name="Thresholds">Per cent of the budget that alert, ascending.</param>
/// <param name="Raise">In words, while there is one.</param>
/// <param name="Rates">Requests, tokens and streams at a time, in words.</param>
public sealed record BudgetPart(
    string Id, string Name, string Of, string Unit, long? Used, long Reserved, long Budget, string Per, DateTimeOffset? Resets, double? Elapsed, long? Expected, DateTimeOffset? UsedUpAt,
    bool Hard, bool Enabled, string Rates, string? Raise, int[] Thresholds)
{
    /// <summary>When <see cref="Raise"/> ends.</summary>
    public DateTimeOffset? RaisedUntil { get; init; }

    public string? RaiseReason { get; init; }

    /// <summary>The highest threshold that is reached; a limit that was made late has reached it without an alert.</summary>
    public int? Passed => Used is null ? null : Thresholds.Where(threshold => Share >= threshold / 100.0).Select(threshold => (int?)threshold).LastOrDefault();

    public double Share => Budget > 0 && Used is { } used ? (double)used / Budget : 0;

    public string State => !Enabled ? "disabled" : Used is null ? "rates" : Share >= 1 ? (Hard ? "used up" : "over") : Passed is { } passed ? $"over {passed} %" : "within";

    public string Tone => !Enabled || Used is null ? "" : Share >= 1 ? "bad" : Passed is not null ? "warn" : "good";

    public double Warn => (Thresholds.Length > 0 ? Thresholds[0] : 100) / 100.0;

    public double Bad => (Thresholds.Length > 1 ? Thresholds[^1] : 100) / 100.0;

    /// <summary>Some of what is used is an estimate.</summary>
    public bool Estimated { get; init; }

    /// <summary>What is used, in words; only where there is a budget.</summary>
    public string UsedText => Amount(Used ?? 0, Estimated);

    public string Amount(long amount, bool estimated = false) => Unit == "tokens" ? Display.Count(amount) + " tokens" : Display.Money(amount, estimated);

    /// <param name="estimated">As <see cref="EstimatedUse"/> knows them.</param>
    internal static BudgetPart From(LimitState state, DateTimeOffset now, IReadOnlySet<(string Limit, string Subject)> estimated)
    {
        var (limit, period) = (state.Limit, state.Period);
        var ends = period is { } known && known.End != Period.Never;
        var budget = limit.BudgetAt(now);
        return new(
            limit.Id, limit.Name, limit.Scope == "all" ? "everybody" : limit.Subject == "*" && state.Subject.Length == 0 ? $"each {limit.Scope}" : $"{limit.Scope} {state.Subject}", limit.Unit,
            state.Used, state.Reserved, budget, Refusals.Per(limit), ends ? period!.Value.End : null, ends ? (now - period!.Value.Start) / (period.Value.End - period.Value.Start) : null,
            state.Used is { } used && period is { } current ? Forecast.Of(current, used, now) : null, state.Used is { } soFar && period is { } now2 ? Forecast.UsedUpAt(now2, soFar, budget, now) : null,
            limit.Hard, limit.Enabled, RatesOf(limit), limit.RaisedUntil > now ? "raised by " + Refusals.Amount(limit, limit.RaiseAmount ?? 0) : null, limit.Thresholds)
        {
            Estimated = estimated.Contains((limit.Id, state.Subject)),
            RaisedUntil = limit.RaisedUntil,
            RaiseReason = limit.RaiseReason,
        };
    }

    private static string RatesOf(Storage.LimitRow limit) => string.Join(", ", new[]
    {
        limit.RequestsPerMinute is { } requests ? $"{Display.Exact(requests)} requests a minute" : null,
        limit.TokensPerMinute is { } tokens ? $"{Display.Count(tokens)} tokens a minute" : null,
        limit.ConcurrentStreams is { } streams ? $"{streams} streams at a time" : null,
    }.OfType<string>());
}

/// <summary>What someone typed into the form of a limit, to be shown again where it was wrong.</summary>
public sealed record BudgetFields(
    string Name = "", string Scope = "domain", string Subject = "", string Unit = "usd", string Amount = "", string Period = "month", string WeekStart = "monday", string TimeZone = "UTC",
    bool Hard = false, string Thresholds = "80, 95", string RequestsPerMinute = "", string TokensPerMinute = "", string ConcurrentStreams = "", bool Enabled = true);

/// <summary>A period that is over.</summary>
public sealed record PastPart(string Of, DateTimeOffset From, DateTimeOffset Until, string Used, double Share, long Requests);

/// <summary>What a limit would have stopped.</summary>
public sealed record StoppedPart(string Day, string Of, long Requests, string Stopped);
