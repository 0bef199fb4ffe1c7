using Nexus.Web.Pages.Shared.Tables;

namespace Nexus.Web.Pages.Tables;

/// <summary>A table that people arrange.</summary>
/// <param name="Page">Its name, in saved views and preferences.</param>
/// <param name="Href">Of its page.</param>
internal sealed record TableDefinition(string Page, string Href, params IReadOnlyList<TableColumn> Columns)
{
    /// <summary>The columns by these names, in the table's order, with those that cannot be hidden; null when none is known.</summary>
    public IReadOnlyList<TableColumn>? Choose(IReadOnlyCollection<string> names) =>
        Columns.Any(column => names.Contains(column.Name)) ? [.. Columns.Where(column => column.Fixed || names.Contains(column.Name))] : null;

    public IReadOnlyList<TableColumn> Default => [.. Columns.Where(column => column.Fixed || column.Shown)];
}
