namespace Nexus.Web.Pages.Shared.Conversations;

/// <summary>The way through a conversation that is searched.</summary>
/// <param name="Action">The conversation's address without a query.</param>
public sealed record FindPlace(string Action, string Branch);
