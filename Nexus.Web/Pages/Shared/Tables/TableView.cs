using Microsoft.AspNetCore.WebUtilities;

namespace Nexus.Web.Pages.Shared.Tables;

/// <summary>A table as it is arranged now: its columns, order, density and filter, and the views that are saved of it.</summary>
public sealed record TableView
{
    /// <summary>The table's name, such as <c>requests</c>.</summary>
    public required string Page { get; init; }

    /// <summary>The page's address without a query.</summary>
    public required string Href { get; init; }

    /// <summary>All that there are, in their order.</summary>
    public required IReadOnlyList<TableColumn> Columns { get; init; }

    public required IReadOnlyList<TableColumn> Shown { get; init; }

    /// <summary>Name of the column that orders the rows; null for the table's own order.</summary>
    public string? Sort { get; init; }

    public bool Ascending { get; init; }
    public bool Compact { get; init; }

    /// <summary>The filter's pairs of the URL.</summary>
    public IReadOnlyList<(string Name, string? Value)> Filter { get; init; } = [];

    /// <summary>The arrangement's pairs of the URL, as far as they were asked for.</summary>
    public IReadOnlyList<(string Name, string? Value)> Arrangement { get; init; } = [];

    public IReadOnlyList<SavedViewLine> Saved { get; init; } = [];

    /// <summary>The saved view that was opened.</summary>
    public SavedViewLine? Open { get; init; }

    /// <summary>Whether columns or density of one's own are kept.</summary>
    public bool Kept { get; init; }

    /// <summary>Whether a view is set as the default: the address without a query opens that, and this table's own says <c>all</c>.</summary>
    public bool HasDefault { get; init; }

    /// <summary>Of the page's forms.</summary>
    public string Token { get; init; } = "";

    /// <summary>Pairs that must be in the address for the table to be ordered by a column's figures, such as a time range.</summary>
    public IReadOnlyList<(string Name, string? Value)> SortNeeds { get; init; } = [];

    /// <summary>Where a file of exactly these rows is, without its format; null where there is none.</summary>
    public string? Export { get; init; }

    /// <summary>Selector of what the page's fragment goes into.</summary>
    public string Target { get; init; } = "#results";

    /// <summary>Of the table element.</summary>
    public string Class(string? own = null) => Compact ? $"{own} compact".Trim() : own ?? "";

    public bool Shows(string column) => Shown.Any(shown => shown.Name == column);

    /// <summary>The address of this very table, for links and for saving.</summary>
    public string Query => Address("", [.. Filter, .. Arrangement]);

    /// <summary>This table's address with something more.</summary>
    public string With(params IEnumerable<(string Name, string? Value)> more) => Address(Href, [.. Filter, .. Arrangement, .. more]);

    /// <summary>The address with the rows in a column's order; the other way round where they are in it.</summary>
    public string SortHref(TableColumn column)
    {
        var ascending = IsSorted(column) ? !Ascending : !column.FromTheTop;
        // One range alone: what is needed stands in for what was chosen.
        var needed = Needed(column).ToList();
        return Address(Href, [.. Filter.Where(pair => needed.Count == 0 || pair.Name is not ("range" or "from" or "to")), .. needed, .. Arrangement.Where(pair => pair.Name != "sort"), ("sort", column.Natural && !ascending ? null : (ascending ? "" : "-") + column.Name)]);
    }

    /// <summary>Whether a click on its head would change the order.</summary>
    public bool CanSort(TableColumn column) => column.Sorts && (column.Reverses || !IsSorted(column));

    /// <summary>Whether the order alone changes: what else changes has a field that must show it.</summary>
    public bool SortsInPlace(TableColumn column) => !Needed(column).Any();

    public string? AriaSort(TableColumn column) => !IsSorted(column) ? null : Ascending ? "ascending" : "descending";

    private bool IsSorted(TableColumn column) => Sort is null ? column.Natural : Sort == column.Name;

    private IEnumerable<(string, string?)> Needed(TableColumn column) => column.Number ? SortNeeds : [];

    private string Address(string href, IEnumerable<(string Name, string? Value)> pairs)
    {
        var said = pairs.Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Name, pair.Value)).ToList();
        return said.Count == 0 && HasDefault ? href + "?all" : QueryHelpers.AddQueryString(href, said);
    }
}
