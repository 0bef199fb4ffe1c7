namespace Nexus.Web.Pages.Shared;

/// <summary>The time range of the page of parts.</summary>
public sealed record KitRange(string Name, string? From, string? To, string Zone, IReadOnlyList<DateTimeOffset> Starts, DateTimeOffset End, string? Problem);
