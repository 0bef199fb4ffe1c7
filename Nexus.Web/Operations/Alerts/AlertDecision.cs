namespace Nexus.Web.Operations.Alerts;

internal enum AlertState
{
    /// <summary>Its condition holds, but not for long enough.</summary>
    Pending,

    Firing,

    /// <summary>Somebody looks after it: nobody is reminded any more.</summary>
    Acknowledged,

    Resolved,
}

internal enum AlertNotice
{
    None,
    Firing,
    StillFiring,
    Resolved,
}

/// <summary>How an alert stands.</summary>
/// <param name="ClearSince">Since when its condition has not held.</param>
/// <param name="NotifiedAt">When somebody was last told.</param>
internal readonly record struct AlertStanding(AlertState State, DateTimeOffset StartedAt, DateTimeOffset? FiredAt = null, DateTimeOffset? ClearSince = null, DateTimeOffset? NotifiedAt = null);

/// <summary>What a look at a condition makes of an alert. Pure: time, rule and silence come from outside.</summary>
internal static class AlertDecision
{
    /// <param name="was">Null: there is no alert yet.</param>
    /// <param name="silenced">Nobody is told now; one that still fires when the silence ends is told then.</param>
    /// <returns>Null: there is nothing to remember.</returns>
    public static (AlertStanding? Next, AlertNotice Notice) Of(AlertStanding? was, bool holds, AlertRule rule, bool silenced, DateTimeOffset at) => holds
        ? Holding(was ?? new(AlertState.Pending, at), rule, silenced, at)
        : was is { } known ? Over(known, rule, silenced, at) : (null, AlertNotice.None);

    private static (AlertStanding?, AlertNotice) Holding(AlertStanding alert, AlertRule rule, bool silenced, DateTimeOffset at)
    {
        alert = alert with { ClearSince = null };
        if (alert.State == AlertState.Pending && at - alert.StartedAt >= rule.For)
            alert = alert with { State = AlertState.Firing, FiredAt = at };
        if (alert.State != AlertState.Firing || silenced)
            return (alert, AlertNotice.None);
        if (alert.NotifiedAt is not { } told)
            return (alert with { NotifiedAt = at }, AlertNotice.Firing);
        return rule.Renotify > TimeSpan.Zero && at - told >= rule.Renotify ? (alert with { NotifiedAt = at }, AlertNotice.StillFiring) : (alert, AlertNotice.None);
    }

    private static (AlertStanding?, AlertNotice) Over(AlertStanding alert, AlertRule rule, bool silenced, DateTimeOffset at)
    {
        if (alert.State == AlertState.Pending)
            return (null, AlertNotice.None);
        alert = alert with { ClearSince = alert.ClearSince ?? at };
        if (at - alert.ClearSince < rule.Clear)
            return (alert, AlertNotice.None);
        // Whoever was told that it fires is told that it is over; a silence keeps that back, too.
        return (alert with { State = AlertState.Resolved }, alert.NotifiedAt is not null && !silenced ? AlertNotice.Resolved : AlertNotice.None);
    }
}
