namespace Nexus.Web.Pages.Shared;

/// <summary>A subagent with what it cost.</summary>
/// <param name="Href">Its branch; null for whoever may not read conversations.</param>
public sealed record SubagentLine(string Name, string? Href, DateTimeOffset StartedAt, string Domain, string Owners, long Requests, long CostMicros, bool Estimated);

/// <summary>The dearest subagents of a range.</summary>
/// <param name="Whole">All conversations of the range were looked at.</param>
/// <param name="Untold">What of the filter subagents cannot be told by, in words; null when they follow all of it.</param>
public sealed record SubagentView(IReadOnlyList<SubagentLine> Lines, bool Whole, string? Untold);
