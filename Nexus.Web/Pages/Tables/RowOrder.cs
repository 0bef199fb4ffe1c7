namespace Nexus.Web.Pages.Tables;

/// <summary>Puts rows that are all on the page in the order of a column.</summary>
internal static class RowOrder
{
    /// <param name="figure">Of a row, by the column's name; rows without one come last either way. Words are compared whatever their case.</param>
    /// <returns>Rows that are alike, and all of them where no column is asked for, stay in the order in which they came.</returns>
    public static IReadOnlyList<T> By<T>(IReadOnlyList<T> rows, string? sort, bool ascending, Func<T, string, IComparable?> figure)
    {
        if (sort is null)
            return rows;
        var known = rows.Select(row => (Row: row, Figure: figure(row, sort))).OrderBy(pair => pair.Figure is null);
        return [.. (ascending ? known.ThenBy(pair => pair.Figure, Figures) : known.ThenByDescending(pair => pair.Figure, Figures)).Select(pair => pair.Row)];
    }

    private static Comparer<IComparable?> Figures { get; } = Comparer<IComparable?>.Create((a, b) =>
        a is string one && b is string other ? StringComparer.OrdinalIgnoreCase.Compare(one, other) : Comparer<IComparable?>.Default.Compare(a, b));
}
