namespace Nexus.Web.Pages.Shared.Tables;

/// <summary>A column of a table that people arrange.</summary>
/// <param name="Name">In the URL.</param>
/// <param name="Shown">As long as nobody chose.</param>
/// <param name="Fixed">What the row is known by: it cannot be hidden.</param>
/// <param name="Sorts">Whether the table can be put in its order; the figure that people look for first is the largest or the latest.</param>
/// <param name="Hint">For the pointer.</param>
public sealed record TableColumn(string Name, string Title, bool Shown = true, bool Fixed = false, bool Number = false, bool Sorts = false, string? Hint = null)
{
    /// <summary>The table's own order is by this column, from the top.</summary>
    public bool Natural { get; init; }

    /// <summary>Whether it can be sorted the other way round, too.</summary>
    public bool Reverses { get; init; } = true;

    /// <summary>Words are sorted from A on, figures and times from the top.</summary>
    public bool FromTheTop { get; init; } = true;
}
