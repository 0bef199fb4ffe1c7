using AngleSharp.Dom;
using Bunit;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Alerts;
using Nexus.Web.Pages.Shared.Audit;
using Nexus.Web.Pages.Shared.Backups;
using Nexus.Web.Pages.Shared.Conversations;
using Nexus.Web.Pages.Shared.Jobs;
using Nexus.Web.Pages.Shared.Reports;
using Nexus.Web.Pages.Shared.SignIn;
using Nexus.Web.Pages.Shared.Tables;
using Nexus.Web.Pages.Tables;
using Xunit;

namespace Nexus.Web.Tests.Pages.Tables;

public sealed class TableComponentTests : BunitContext
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private static readonly RequestLine Request =
        new(Guid.CreateVersion7(Noon), Noon, "one.example", "claude-opus-5", "claude-opus-5", "main", "completed", 200, "claude-cli/2", 1500, 20, 3_000_000, 7, 3, 61_000) { Person = "ada", Account = "acc", ToolCalls = 2, Messages = 5, StopReason = "end_turn", RequestBytes = 10, ResponseBytes = 20, FirstTokenMs = 9 };

    private IRenderedComponent<RequestTable> Requests(string query) => Render<RequestTable>(table => table.Add(t => t.Rows, [Request]).Add(t => t.View, TestViews.Of(KnownTables.Requests, query)));

    private static List<string> Heads(IRenderedComponent<RequestTable> table) => [.. table.FindAll("thead th").Select(head => head.TextContent.Trim())];

    [Fact]
    public void Every_table_has_a_cell_for_each_of_its_columns_however_they_are_chosen()
    {
        var conversation = new ConversationLine(Guid.NewGuid(), "Why?", "one.example", "ada", ["claude-opus-5"], Noon, 3, 4, 100, 5, 0, 10, 100, 1, 1, 1, 1);
        var key = new KeyPart("key_1", "laptop", "ada", "one.example", "wxyz", [], null, null, Noon, "cli", null, null, null, null, null, "active");
        var job = new JobLine("vacuum", "Cleans.", "0 0 * * *", null, TimeSpan.FromMinutes(5), "", false, null, null, null, Noon, [], new("", "", "", "", "", ""));
        foreach (var half in new[] { 0, 1, 2 })
        {
            TableView View(TableDefinition table) => half == 0 ? TestViews.Whole(table) : TestViews.Of(table, "?cols=" + string.Join(',', table.Columns.Where((_, i) => i % 2 == half - 1).Select(column => column.Name)));
            void Even(TableDefinition table, int more, IRenderedComponent<Microsoft.AspNetCore.Components.IComponent> shown)
            {
                Assert.Equal(View(table).Shown.Count + more, shown.FindAll("thead th").Count);
                Assert.Equal(View(table).Shown.Count + more, shown.Find("tbody tr").Children.Length);
            }

            Even(KnownTables.Requests, 0, Render<RequestTable>(table => table.Add(t => t.Rows, [Request]).Add(t => t.View, View(KnownTables.Requests))));
            Even(KnownTables.Conversations, 0, Render<ConversationTable>(table => table.Add(t => t.Rows, [conversation]).Add(t => t.View, View(KnownTables.Conversations))));
            Even(KnownTables.Keys, 0, Render<KeyList>(table => table.Add(t => t.Keys, [key]).Add(t => t.View, View(KnownTables.Keys)).Add(t => t.Token, "t")));
            Even(KnownTables.Audit, 0, Render<AuditTable>(table => table.Add(t => t.Part, new([new(1, Noon, "ada", null, "key.created", "key", [])], null, null, null, false)).Add(t => t.View, View(KnownTables.Audit))));
            Even(KnownTables.Jobs, 1, Render<JobList>(table => table.Add(t => t.Jobs, [job]).Add(t => t.View, View(KnownTables.Jobs)).Add(t => t.Token, "t")));
            Even(KnownTables.Domains, 1, Render<DomainList>(table => table.Add(t => t.Domains, [new("a.example", 3, Noon, "account a", null, 1, "off", "contract", "dashboard", Noon)]).Add(t => t.View, View(KnownTables.Domains)).Add(t => t.Default, "full").Add(t => t.Token, "t")));
            Even(KnownTables.Sessions, 1, Render<SessionList>(table => table.Add(t => t.Sessions, [new("ses_1", "ada", "oidc", "viewer", null, null, Noon, Noon, false)]).Add(t => t.Person, "ada").Add(t => t.Everybody, true).Add(t => t.View, View(KnownTables.Sessions)).Add(t => t.Token, "t")));
            Even(KnownTables.Backups, 1, Render<BackupList>(table => table.Add(t => t.Backups, [new("a.dump", "database", Noon, 10, 20, null, Noon, null)]).Add(t => t.Jobs, []).Add(t => t.View, View(KnownTables.Backups)).Add(t => t.Token, "t")));
            Even(KnownTables.Budgets, 0, Render<BudgetList>(table => table.Add(t => t.Budgets, [new("lim_1", "all", "everybody", "usd", 5, 0, 10, "per month", Noon, 0.5, 10, null, true, true, "", null, [80])]).Add(t => t.View, View(KnownTables.Budgets)).Add(t => t.Token, "t")));
            Even(KnownTables.Alerts, 1, Render<AlertTable>(table => table.Add(t => t.Alerts, [new(Guid.NewGuid(), "errors", "Many errors", "", "critical", "firing", "so", "do", null, Noon, Noon, null, null, null, false)]).Add(t => t.View, View(KnownTables.Alerts)).Add(t => t.Token, "t")));
            Even(KnownTables.Reports, 0, Render<ReportList>(table => table.Add(t => t.Reports, [new(Guid.NewGuid(), "cost", "Cost", "much", Noon, Noon, Noon)]).Add(t => t.View, View(KnownTables.Reports))));
        }
    }

    [Fact]
    public void Rows_are_put_in_order_by_a_figure_or_a_word_and_those_without_come_last_either_way()
    {
        (string Name, int? Figure)[] rows = [("b", 2), ("A", null), ("c", 3), ("a", 1), ("C", null), ("d", 2)];
        string Names(string? sort, bool ascending) => string.Concat(RowOrder.By(rows, sort, ascending, (row, column) => column == "name" ? row.Name : row.Figure).Select(row => row.Name));
        Assert.Equal(("abdcAC", "cbdaAC"), (Names("figure", true), Names("figure", false)));
        Assert.Equal(("AabcCd", "dcCbAa"), (Names("name", true), Names("name", false)));
        Assert.Equal("bAcaCd", Names(null, true));
    }

    [Fact]
    public void Columns_stand_in_the_tables_order_and_the_one_that_names_the_row_stays()
    {
        Assert.Equal(["Time", "Outcome", "Cost"], Heads(Requests("?cols=cost,outcome")));
        Assert.Equal(["Time", "Outcome", "Cost"], Heads(Requests("?cols=cost&cols=outcome")));
        Assert.Equal(Heads(Requests("")), Heads(Requests("?cols=no-such-column")));
        Assert.Contains("compact", Requests("?density=compact").Find("table").ClassList);
    }

    [Fact]
    public void A_head_sorts_from_the_top_first_then_the_other_way_and_says_how_it_is_sorted()
    {
        string Link(string query, string title) => Requests(query).FindAll("thead a").Single(link => link.TextContent == title).GetAttribute("href")!;
        Assert.Equal("/dashboard/requests?range=7d&density=compact&sort=-cost", Link("?range=7d&density=compact", "Cost"));
        Assert.Equal("/dashboard/requests?range=7d&sort=cost", Link("?range=7d&sort=-cost", "Cost"));
        Assert.Equal("/dashboard/requests?sort=time", Link("", "Time"));
        Assert.Equal("/dashboard/requests?range=7d", Link("?range=7d&sort=-cost", "Time"));
        Assert.Equal("descending", Requests("").Find("th[aria-sort]").GetAttribute("aria-sort"));
        Assert.Equal(("Cost", "ascending"), (Requests("?sort=cost").Find("th[aria-sort]").TextContent.Trim(), Requests("?sort=cost").Find("th[aria-sort]").GetAttribute("aria-sort")));
    }

    [Fact]
    public void A_head_that_needs_a_time_takes_the_place_of_the_one_that_was_chosen()
    {
        var view = TestViews.Of(KnownTables.Requests, "?range=custom&from=2026-01-01T00:00&to=2026-11-01T00:00&domain=one.example") with { SortNeeds = [("range", "24h")] };
        TableColumn Column(string name) => view.Columns.First(column => column.Name == name);
        Assert.Equal("/dashboard/requests?domain=one.example&range=24h&sort=-cost", view.SortHref(Column("cost")));
        Assert.Equal("/dashboard/requests?range=custom&from=2026-01-01T00%3A00&to=2026-11-01T00%3A00&domain=one.example&sort=time", view.SortHref(Column("time")));
    }

    [Fact]
    public void Where_a_view_is_the_default_the_tables_own_address_says_that_it_is_not_meant()
    {
        var bare = TestViews.Of(KnownTables.Requests) with { HasDefault = true };
        Assert.Equal(("?all", "/dashboard/requests?all", "/dashboard/requests?before=1"), (bare.Query, bare.With(), bare.With(("before", "1"))));
        Assert.Equal(("", "/dashboard/requests"), (TestViews.Of(KnownTables.Requests).Query, TestViews.Of(KnownTables.Requests).With()));
        Assert.Equal("?range=7d", (TestViews.Of(KnownTables.Requests, "?range=7d") with { HasDefault = true }).Query);
        Assert.NotNull(Render<TableBar>(bar => bar.Add(b => b.View, bare)).Find("#views-menu[data-default]"));
    }

    [Fact]
    public void The_bars_forms_carry_the_filter_the_arrangement_and_what_is_shown()
    {
        var view = TestViews.Of(KnownTables.Requests, "?domain=one.example&cols=outcome,cost&sort=-cost") with { Export = "/api/export/requests?domain=one.example", Saved = [new(Guid.NewGuid(), "requests", "Mine", "/dashboard/requests?saved=1", null, false, true), new(Guid.NewGuid(), "requests", "Theirs", "/x", "ada", true, false)] };
        var bar = Render<TableBar>(bar => bar.Add(b => b.View, view));
        Assert.Equal(["/api/export/requests?domain=one.example&format=csv", "/api/export/requests?domain=one.example&format=jsonl"], bar.FindAll("a[download]").Select(link => link.GetAttribute("href")));
        var columns = bar.Find("form[data-table]");
        Assert.Equal([("domain", "one.example"), ("sort", "-cost"), ("cols", "time")], columns.QuerySelectorAll("input[type=hidden]").Select(field => (field.GetAttribute("name"), field.GetAttribute("value"))));
        Assert.Equal(["time", "outcome", "cost"], columns.QuerySelectorAll("input[type=checkbox][checked]").Select(field => field.GetAttribute("value")));
        Assert.Equal("?domain=one.example&cols=time,outcome,cost&sort=-cost", bar.Find("form[action$=Save] input[name=query]").GetAttribute("value"));
        Assert.Equal("time,outcome,cost", bar.Find("form[action$=Keep] input[name=cols]").GetAttribute("value"));
        Assert.Equal(["default", "by ada"], bar.FindAll(".views .tag").Select(tag => tag.TextContent));
    }

    [Fact]
    public void Of_the_views_of_others_one_changes_only_whether_they_are_ones_default()
    {
        SavedViewLine[] views = [new(Guid.NewGuid(), "requests", "Mine", "/a", null, false, true), new(Guid.NewGuid(), "keys", "Theirs", "/b", "ada", true, false)];
        var list = Render<SavedViewList>(list => list.Add(l => l.Views, views).Add(l => l.Token, "t"));
        var rows = list.FindAll("tbody tr");
        Assert.Equal((3, 1), (rows[0].QuerySelectorAll("form[method=post]").Length, rows[1].QuerySelectorAll("form[method=post]").Length));
        Assert.Equal("everybody, by ada", rows[1].Children[2].TextContent);
        var administrator = Render<SavedViewList>(list => list.Add(l => l.Views, [views[1] with { MayDelete = true }]).Add(l => l.Token, "t")).FindAll("form[method=post]");
        Assert.Equal(["/dashboard/views?handler=Default", "/dashboard/views?handler=Delete"], administrator.Select(form => form.GetAttribute("action")));
        Assert.Contains("No view is saved yet", Render<SavedViewList>(list => list.Add(l => l.Views, []).Add(l => l.Token, "t")).Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Preferences_are_read_as_they_were_written_and_nonsense_is_none()
    {
        var id = Guid.NewGuid();
        var written = new TablePreferences { Compact = true }.WithColumns("requests", ["time", "cost"]).WithView("keys", id).Write();
        var read = TablePreferences.Read(written);
        Assert.Equal((true, "time,cost", id), (read.Compact, string.Join(',', read.Columns["requests"]), read.Views["keys"]));
        Assert.Equal(["time", "cost"], TableState.Read(KnownTables.Requests, new Microsoft.AspNetCore.Http.QueryCollection(), read).Shown.Select(column => column.Name));
        Assert.Empty(read.WithColumns("requests", null).WithView("keys", null).Views);
        foreach (var nonsense in new[] { null, "", "{", "[1]", "\"x\"", new string('x', 5000), "{\"Columns\":null}", "{\"Columns\":{\"requests\":null},\"Views\":null}" })
        {
            Assert.Empty(TablePreferences.Read(nonsense).Columns);
            Assert.Empty(TablePreferences.Read(nonsense).Views);
        }

        Assert.Equal(["cost"], TablePreferences.Read("{\"Columns\":{\"requests\":[null,\"cost\"]}}").Columns["requests"]);
        Assert.Null(new TablePreferences().WithColumns("requests", [new string('x', 5000)]).Write());
    }
}
