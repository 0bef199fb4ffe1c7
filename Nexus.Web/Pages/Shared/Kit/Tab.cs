namespace Nexus.Web.Pages.Shared.Kit;

/// <summary>One view of a page among several; each has an address of its own.</summary>
/// <param name="Count">What it holds, beside its title; null where that is not counted.</param>
public sealed record Tab(string Name, string Title, string Href, long? Count = null);
