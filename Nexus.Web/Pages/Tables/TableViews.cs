using Microsoft.AspNetCore.Antiforgery;
using Nexus.Web.Pages.Shared.Tables;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Tables;

/// <summary>What each page with a table asks: how the viewer wants it, and what they saved of it. A database that is away has nothing saved.</summary>
internal sealed class TableViews(KeptPreferences kept, SavedViews saved, Database database, IAntiforgery antiforgery)
{
    /// <summary>How the table is to be shown; and where to go instead, when the address says nothing and its viewer has set a view as the default.</summary>
    public async Task<(TableState State, TablePreferences Preferences, string? Instead)> ReadAsync(TableDefinition table, HttpContext context, CancellationToken cancellation)
    {
        try
        {
            var preferences = await kept.ReadAsync(context, cancellation);
            var opens = !context.Request.QueryString.HasValue && HttpMethods.IsGet(context.Request.Method) && !context.Request.Headers.ContainsKey("HX-Request") && preferences.Views.TryGetValue(table.Page, out var id) ? id : (Guid?)null;
            var instead = opens is null ? null : (await ListAsync(table.Page, preferences, context, cancellation)).Find(view => view.Id == opens)?.Href;
            return (TableState.Read(table, context.Request.Query, preferences), preferences, instead);
        }
        catch (Exception error) when (DatabaseAway.IsDatabase(error))
        {
            return (TableState.Read(table, context.Request.Query), new(), null);
        }
    }

    /// <param name="filter">The filter's pairs of the URL.</param>
    public async Task<TableView> OfAsync(TableState state, TablePreferences preferences, IEnumerable<(string Name, string? Value)> filter, HttpContext context, CancellationToken cancellation)
    {
        var views = await ListAsync(state.Table.Page, preferences, context, cancellation);
        return new()
        {
            Page = state.Table.Page,
            Href = state.Table.Href,
            Columns = state.Table.Columns,
            Shown = state.Shown,
            Sort = state.Sort,
            Ascending = state.Ascending,
            Compact = state.Compact,
            Filter = [.. filter],
            Arrangement = state.Pairs,
            Kept = state.Kept,
            Saved = views,
            HasDefault = views.Exists(view => view.IsDefault),
            Open = views.Find(view => view.Id.ToString() == context.Request.Query["saved"]),
            Token = antiforgery.GetAndStoreTokens(context).RequestToken!,
        };
    }

    private async Task<List<SavedViewLine>> ListAsync(string page, TablePreferences preferences, HttpContext context, CancellationToken cancellation)
    {
        // Without waiting for a server that is silent: tables of what is no row of it are shown at once.
        if (database.State.Condition != DatabaseCondition.Ready)
            return [];
        try
        {
            return await saved.ListAsync(page, Arranger.Of(context), preferences, cancellation);
        }
        catch (Exception error) when (DatabaseAway.IsDatabase(error))
        {
            return [];
        }
    }
}
