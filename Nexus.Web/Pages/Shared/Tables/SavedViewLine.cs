namespace Nexus.Web.Pages.Shared.Tables;

/// <summary>A saved view as it is listed.</summary>
/// <param name="Href">The page with the view's filter and arrangement.</param>
/// <param name="By">Who made it; null for one's own.</param>
/// <param name="IsDefault">What the page opens with for whoever looks.</param>
public sealed record SavedViewLine(Guid Id, string Page, string Name, string Href, string? By, bool Shared, bool IsDefault)
{
    /// <summary>Whether whoever looks may delete it: their own, and as an administrator what others share.</summary>
    public bool MayDelete { get; init; } = By is null;
}
