namespace Nexus.Web.Credentials.Pool;

internal enum Readiness
{
    /// <summary>Asked first.</summary>
    Free,

    /// <summary>Has cooled; the next request is the one that tries it.</summary>
    MayProbe,

    /// <summary>Its window is nearly used up: asked when no other is free.</summary>
    Strained,

    /// <summary>Has cooled, and another request tries it: asked when nothing else is there.</summary>
    Probing,

    /// <summary>Not asked before its time.</summary>
    Cooling,

    /// <summary>An operator stopped it, or its login has ended.</summary>
    Stopped,
}

/// <summary>How an account stands for a model at a time.</summary>
/// <param name="Until">When it can be asked again; null when that is not a matter of time.</param>
/// <param name="IsTold">The upstream said so.</param>
/// <param name="IsRefused">The upstream refused the account's credential; else it is at a limit.</param>
/// <param name="Reason">For people; null while nothing stands in the way.</param>
internal readonly record struct Standing(Readiness Readiness, DateTimeOffset? Since = null, DateTimeOffset? Until = null, bool IsTold = false, string? Reason = null, bool IsRefused = false)
{
    /// <summary>Share of the five-hour window from which on other accounts go first (the older system's thresholds).</summary>
    private const double StrainedHours = 0.90;

    /// <summary>The same of longer windows.</summary>
    private const double StrainedDays = 0.95;

    public bool CanServe => Readiness < Readiness.Cooling;

    public static Standing Of(AccountStatus status, string model, DateTimeOffset now)
    {
        if (status.Mode != AccountMode.Active)
            return new(Readiness.Stopped, status.ModeSince, Reason: status.Mode == AccountMode.Paused ? "paused by an operator" : "draining, as an operator asked");
        var standing = new Standing(Readiness.Free);
        foreach (var cooldown in status.Cooldowns)
            if (cooldown.AppliesTo(model))
                standing = Worse(standing, cooldown.Until > now
                    ? new(Readiness.Cooling, cooldown.Since, cooldown.Until, cooldown.IsTold, cooldown.Reason, cooldown.IsIsolation)
                    : new(cooldown.ProbeUntil > now ? Readiness.Probing : Readiness.MayProbe, cooldown.Since, Reason: cooldown.Reason));
        // What a window says on its own does not count where the word on all together is that requests are allowed (extra usage).
        var allowed = status.Windows.Any(window => window is { Name: AccountWindow.All, Status: not null and not "rejected" });
        foreach (var window in status.Windows)
        {
            if (window.ResetsAt is not { } reset || reset <= now || !window.Counts(model))
                continue;
            if (window.Status == "rejected" && !allowed)
                standing = Worse(standing, new(Readiness.Cooling, Until: reset, IsTold: true, Reason: $"the window {window.Name} is used up"));
            else if (window.Utilization >= (window.Name.Contains('h', StringComparison.Ordinal) ? StrainedHours : StrainedDays))
                standing = Worse(standing, new(Readiness.Strained, Reason: FormattableString.Invariant($"the window {window.Name} is {window.Utilization:P0} used")));
        }

        return standing;
    }

    private static Standing Worse(Standing one, Standing other) =>
        other.Readiness != one.Readiness ? (other.Readiness > one.Readiness ? other : one) : other.Until > one.Until ? other : one;
}
