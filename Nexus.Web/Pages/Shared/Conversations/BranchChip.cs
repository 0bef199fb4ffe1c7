namespace Nexus.Web.Pages.Shared.Conversations;

/// <summary>A branch that one may choose.</summary>
public sealed record BranchChip(string Name, string Kind, int Requests, string Address);
