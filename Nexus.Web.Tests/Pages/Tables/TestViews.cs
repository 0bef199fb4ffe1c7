using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Nexus.Web.Pages.Shared.Tables;
using Nexus.Web.Pages.Tables;

namespace Nexus.Web.Tests.Pages.Tables;

/// <summary>Tables as an address arranges them, without a page.</summary>
internal static class TestViews
{
    /// <param name="query">What of it is no arrangement counts as the filter.</param>
    public static TableView Of(TableDefinition table, string query = "")
    {
        var pairs = new QueryCollection(QueryHelpers.ParseQuery(query));
        var state = TableState.Read(table, pairs);
        return new()
        {
            Page = table.Page,
            Href = table.Href,
            Columns = table.Columns,
            Shown = state.Shown,
            Sort = state.Sort,
            Ascending = state.Ascending,
            Compact = state.Compact,
            Arrangement = state.Pairs,
            Filter = [.. pairs.Where(pair => pair.Key is not ("cols" or "sort" or "density")).Select(pair => (pair.Key, (string?)pair.Value.ToString()))],
            Token = "t",
        };
    }

    /// <summary>With every column.</summary>
    public static TableView Whole(TableDefinition table) => Of(table, "?cols=" + string.Join(',', table.Columns.Select(column => column.Name)));
}
