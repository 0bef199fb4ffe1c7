namespace Nexus.Web.Pages.Shared;

/// <summary>A row of the requests table.</summary>
public sealed record RequestLine(Guid Id, DateTimeOffset At, string Domain, string? Model, string Lane, string Outcome, int? Status, long Tokens, int? FirstByteMs, int DurationMs);
