using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Access.Roles;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Pages.Shared.Tables;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Usage.Reports;

namespace Nexus.Web.Pages;

/// <summary>Spend and tokens over time and in sum, split by any dimension; from the rollups alone.</summary>
internal sealed class UsageModel(UsageReports reports, UsageNames names, ToolShares tools, SubagentShares subagents, TableViews tables, TimeProvider time) : PageModel
{
    private const int MostTools = 20;
    private const int MostSubagents = 10;

    public Fragment Filters { get; private set; } = null!;

    public Fragment Results { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellation)
    {
        var filter = UsageFilter.Read(Request.Query, ViewerZone.Of(HttpContext), time.GetUtcNow());
        var (state, preferences, instead) = await tables.ReadAsync(UsageOrder.Table(filter.Measure), HttpContext, cancellation);
        if (instead is not null)
            return Redirect(instead);
        var table = await tables.OfAsync(state, preferences, filter.Pairs, HttpContext, cancellation);
        table = table with { Export = "/api/export/usage-totals" + table.Query };
        var lane = UsageDimension.Find("lane")!;
        var question = filter.Question with { Also = filter.By == lane ? null : lane };
        var before = filter.Range.Before();
        var report = reports.ReadAsync(question, (before.From, before.To), cancellation);
        var calls = tools.ReadAsync(question, MostTools, cancellation);
        var dearest = subagents.ReadAsync(question, MostSubagents, cancellation);
        var nameOf = await names.NamesAsync(cancellation);
        var branches = UsageViews.Subagents(filter, await dearest, RoleTable.Shows(SignedIn.Of(HttpContext.User)!.Role, "/dashboard/conversation/{id:guid}"));
        Results = Fragment.Of<UsageResults>(("View", UsageViews.Of(filter, await report, await calls, branches, nameOf, table)), ("Table", table));
        if (Request.IsHtmx())
            return new ComponentResult(Results);
        Filters = await FiltersAsync(filter, nameOf, table, cancellation);
        return Page();
    }

    private async Task<Fragment> FiltersAsync(UsageFilter filter, Func<UsageDimension, string, string> nameOf, TableView table, CancellationToken cancellation)
    {
        var values = await names.ValuesAsync(cancellation);
        var selects = UsageDimension.All.Select(dimension => new UsageSelect(
            dimension.Title, dimension.Name, [.. values[dimension.Name].Select(value => new FilterOption(value, nameOf(dimension, value)))], filter.Value(dimension.Name)));
        return Fragment.Of<UsageFilters>(
            ("Selects", selects.ToList()), ("By", filter.By.Name), ("Measure", UsageFilter.Words(filter.Measure)),
            ("Range", filter.Range.Name), ("From", filter.Range.FromText), ("To", filter.Range.ToText), ("Zone", filter.Range.Zone.Id), ("Keep", table.Arrangement));
    }
}
