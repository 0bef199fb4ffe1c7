namespace Nexus.Web.Conversations.Analyses;

/// <summary>An attempt failed; the message says why and what to do, for whoever asked.</summary>
internal sealed class AnalysisFailedException(string message, bool mayPass = false, TimeSpan? after = null) : Exception(message)
{
    /// <summary>The same attempt may succeed later.</summary>
    public bool MayPass => mayPass;

    /// <summary>What the upstream said to wait; null when it said nothing.</summary>
    public TimeSpan? After => after;

    /// <summary>Time ran out with a call under way, which is paid for all the same: it is tried again once.</summary>
    public bool TimedOut { get; init; }
}
