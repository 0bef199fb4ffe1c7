namespace Nexus.Web.Storage;

/// <summary>
/// One try to have a request answered (table <c>attempts</c>). Kept for requests that failed or took more than one; where the
/// first try succeeded, the ledger's row says all there is.
/// </summary>
internal sealed class AttemptRow
{
    /// <summary>Of the request.</summary>
    public required DateTimeOffset StartedAt { get; set; }

    /// <summary>Of the request.</summary>
    public required Guid Id { get; set; }

    /// <summary>1 for the first.</summary>
    public required short Ordinal { get; set; }

    /// <summary>The account that was asked; null where the caller's own credential went through.</summary>
    public string? AccountId { get; set; }

    /// <summary>Milliseconds from the request's arrival to the beginning of the attempt.</summary>
    public required int AfterMs { get; set; }

    /// <summary>Milliseconds waited on purpose before it.</summary>
    public required int WaitMs { get; set; }

    public required int DurationMs { get; set; }

    /// <summary>The upstream's; null when no headers came.</summary>
    public short? Status { get; set; }

    /// <summary>Whose fault it was: <c>request</c>, <c>model</c>, <c>account</c> or <c>upstream</c>; null for the one that succeeded.</summary>
    public string? Scope { get; set; }

    /// <summary>One line for people.</summary>
    public string? Error { get; set; }

    /// <summary>The upstream's headers, pairs of name and value (JSON); null where they are not kept.</summary>
    public string? Headers { get; set; }
}
