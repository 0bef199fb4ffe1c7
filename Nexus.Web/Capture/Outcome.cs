namespace Nexus.Web.Capture;

/// <summary>How a request ended. Stored in the ledger by <see cref="Outcomes.ToText"/>.</summary>
internal enum Outcome
{
    /// <summary>The upstream answered below 400 and every byte was received.</summary>
    Completed,

    /// <summary>The caller left before the answer was complete.</summary>
    ClientAborted,

    /// <summary>The upstream answered 400 or above, or with an <c>error</c> event in its stream.</summary>
    UpstreamError,

    /// <summary>The upstream could not be reached, or its answer ended before it was complete.</summary>
    UpstreamCut,

    /// <summary>The upstream was silent for longer than <c>CLAUDE_API_TIMEOUT</c>.</summary>
    UpstreamTimeout,

    /// <summary>Nexus refused the request of an identified caller.</summary>
    Refused,

    /// <summary>Nexus itself was killed while the request was in flight.</summary>
    Interrupted,
}

internal static class Outcomes
{
    /// <summary>Those that count as errors, as stored. A caller that left is none.</summary>
    public static readonly string[] Failed =
        [ToText(Outcome.UpstreamError), ToText(Outcome.UpstreamCut), ToText(Outcome.UpstreamTimeout), ToText(Outcome.Refused), ToText(Outcome.Interrupted)];

    /// <summary>The same as SQL writes a list of texts.</summary>
    public static readonly string FailedSql = string.Join(", ", Failed.Select(outcome => $"'{outcome}'"));

    public static bool IsFailed(string outcome) => Failed.Contains(outcome);

    public static string ToText(this Outcome outcome) => outcome switch
    {
        Outcome.Completed => "completed",
        Outcome.ClientAborted => "client_aborted",
        Outcome.UpstreamError => "upstream_error",
        Outcome.UpstreamCut => "upstream_cut",
        Outcome.UpstreamTimeout => "upstream_timeout",
        Outcome.Refused => "refused",
        Outcome.Interrupted => "interrupted",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };
}
