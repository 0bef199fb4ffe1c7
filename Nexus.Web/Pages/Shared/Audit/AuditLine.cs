namespace Nexus.Web.Pages.Shared.Audit;

/// <param name="Details">What changed, in words of a line each.</param>
public sealed record AuditLine(long Id, DateTimeOffset At, string Actor, string? Address, string Action, string Subject, IReadOnlyList<AuditChange> Details);

/// <param name="Before">Null: it was not there, or only one value is told.</param>
public sealed record AuditChange(string Name, string? Before, string? After)
{
    /// <summary>What was before, where that was a time.</summary>
    public DateTimeOffset? BeforeAt { get; init; }

    public DateTimeOffset? AfterAt { get; init; }
}

/// <summary>What the page Audit shows.</summary>
/// <param name="Next">Address of the next page; null on the last.</param>
/// <param name="First">Address of the first page; null on it.</param>
public sealed record AuditPart(IReadOnlyList<AuditLine> Lines, string? Problem, string? Next, string? First, bool Filtered);
