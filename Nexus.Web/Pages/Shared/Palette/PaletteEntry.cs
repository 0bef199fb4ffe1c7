namespace Nexus.Web.Pages.Shared.Palette;

/// <summary>One thing that the palette found. What happens with it is one of the three.</summary>
/// <param name="Hint">Said behind it, in quiet letters.</param>
/// <param name="Href">A page to open.</param>
/// <param name="Post">A form to send, with the page's token.</param>
/// <param name="Act">Something that the page does by itself: <c>theme</c> or <c>keys</c>.</param>
public sealed record PaletteEntry(string Text, string? Hint = null, string? Href = null, string? Post = null, string? Act = null)
{
    /// <summary>When it was, said behind the hint.</summary>
    public DateTimeOffset? At { get; init; }
}

/// <summary>Things of a kind.</summary>
public sealed record PaletteGroup(string Title, IReadOnlyList<PaletteEntry> Entries);
