using Nexus.Web.Pages.Shared.Tables;

namespace Nexus.Web.Pages.Tables;

/// <summary>How a table is to be shown: <c>cols</c>, <c>density</c> and <c>sort</c> of the URL, else what its viewer keeps, else as it comes.</summary>
internal sealed record TableState(TableDefinition Table, IReadOnlyList<TableColumn> Shown, bool Compact, string? Sort, bool Ascending, bool Kept)
{
    /// <summary>What of it was in the URL, to be carried on by links.</summary>
    public IReadOnlyList<(string Name, string? Value)> Pairs { get; private init; } = [];

    public static TableState Read(TableDefinition table, IQueryCollection query, TablePreferences? preferences = null)
    {
        // A form without a script repeats the name.
        var asked = table.Choose([.. query["cols"].SelectMany(names => (names ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)).Take(100)]);
        var kept = preferences?.Columns.GetValueOrDefault(table.Page) is { } names ? table.Choose(names) : null;
        var density = query["density"].ToString() is "compact" or "comfortable" ? query["density"].ToString() : null;
        var sort = query["sort"].ToString();
        var column = table.Columns.FirstOrDefault(known => known.Sorts && known.Name == sort.TrimStart('-') && !(known.Natural && (sort.StartsWith('-') || !known.Reverses)));
        return new(table, asked ?? kept ?? table.Default, density is null ? preferences?.Compact ?? false : density == "compact", column?.Name, column is not null && !sort.StartsWith('-'), kept is not null || preferences?.Compact is not null)
        {
            Pairs = [("cols", asked is null ? null : string.Join(',', asked.Select(shown => shown.Name))), ("density", density), ("sort", column is null ? null : sort)],
        };
    }

    /// <summary>Without its order.</summary>
    public TableState Unsorted() => this with { Sort = null, Ascending = false, Pairs = [.. Pairs.Where(pair => pair.Name != "sort")] };
}
