using System.Globalization;
using Nexus.Web.Storage;

namespace Nexus.Web.Access.Limits;

/// <summary>What a caller that a limit turns away is told: which limit, how much, until when.</summary>
internal static class Refusals
{
    public static LimitRefusal Of(Decision decision, bool away)
    {
        var limit = decision.Gate.Limit;
        var whom = Whom(limit, decision.Gate.Subject);
        return decision.Verdict switch
        {
            Verdict.Budget => new(429, "billing_error",
                $"The budget '{limit.Name}' of {Amount(limit, decision.Budget)}{Per(limit)} for {whom} {(decision.Used >= decision.Budget ? "is used up" : "does not cover this request")}: {Amount(limit, decision.Used)} are used{(decision.Reserve > 0 ? $", and this request may use up to {Amount(limit, decision.Reserve)}" : "")}. {Until(decision)}",
                decision.RetryAfter, false),
            Verdict.Held => new(429, "rate_limit_error",
                $"What is left of the budget '{limit.Name}' of {Amount(limit, decision.Budget)}{Per(limit)} for {whom} is {(away ? "reserved by requests whose cost is not known yet, while the gateway's database is away" : "reserved by requests in flight")}: {Amount(limit, decision.Used)} are used, and this request may use up to {Amount(limit, decision.Reserve)}. Try again in a moment.",
                decision.RetryAfter, null),
            _ => new(429, "rate_limit_error", Rate(decision, limit, whom), decision.RetryAfter, null),
        };
    }

    /// <summary>An amount in a limit's unit, for people.</summary>
    public static string Amount(LimitRow limit, long amount) => limit.Unit == "tokens"
        ? amount.ToString("N0", CultureInfo.InvariantCulture) + " tokens"
        : "$" + (amount / 1_000_000m).ToString(amount is > -10_000 and < 10_000 and not 0 ? "N4" : "N2", CultureInfo.InvariantCulture);

    public static string Per(LimitRow limit) => limit.Period switch
    {
        "5h" => " per five hours",
        "total" => " in total",
        var period => " per " + period,
    };

    public static string Whom(LimitRow limit, string subject) => limit.Scope == "all" ? "everybody" : $"{limit.Scope} '{subject}'";

    private static string Until(Decision decision) => decision.Period.End == Period.Never
        ? "It does not reset: ask the gateway's operator to raise it."
        : $"It resets at {decision.Period.End.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC; the gateway's operator can raise it before.";

    private static string Rate(Decision decision, LimitRow limit, string whom)
    {
        if (decision.What == "streams")
            return $"The limit '{limit.Name}' allows {decision.Budget} streams at a time for {whom}, and as many are open. Try again when one has ended.";
        var window = limit.RateWindow == TimeSpan.FromMinutes(1) ? "minute" : $"{limit.RateWindow.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} seconds";
        return $"The limit '{limit.Name}' allows {decision.Budget.ToString("N0", CultureInfo.InvariantCulture)} {decision.What} per {window} for {whom}. Try again in {decision.RetryAfter} s.";
    }
}
