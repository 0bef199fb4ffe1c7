namespace Nexus.Web.Pages.Shared.Health;

/// <summary>One check of the page Health.</summary>
/// <param name="State"><c>ok</c>, <c>warning</c> or <c>failure</c>.</param>
public sealed record CheckLine(string Title, string State, DateTimeOffset Since, DateTimeOffset CheckedAt, string Summary, string? Fix, string? LastError, DateTimeOffset? LastErrorAt);

/// <summary>As what Nexus runs.</summary>
/// <param name="Capabilities">As a hexadecimal mask; 0 is none.</param>
public sealed record RuntimeLine(string User, bool IsRoot, string Capabilities, bool NoNewPrivileges, string Version, string Runtime, string System, string Machine, int Processors, long HeapLimit, IReadOnlyList<PlaceLine> Places);

/// <param name="Mode">As 0700; null when it is not there.</param>
/// <param name="Mount">Where it is mounted; null when that is not known.</param>
public sealed record PlaceLine(string Name, string Path, string? Mode, bool MayWrite, string? Mount, string? Type, bool IsReadOnly);
