namespace Nexus.Web.Pages.Shared;

/// <summary>A request on its way, as it is listed.</summary>
/// <param name="Status">The upstream's; null while it is silent.</param>
/// <param name="Bytes">Received from upstream so far.</param>
public sealed record InFlightLine(Guid Id, DateTimeOffset StartedAt, string Domain, string Method, string Path, string? Model, string? Client, int? Status, long Bytes);
