using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Pages.Shared;

/// <summary>A dimension as a filter of the usage page.</summary>
public sealed record UsageSelect(string Title, string Name, IReadOnlyList<FilterOption> Options, string? Value);
