using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Access.Limits;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages.Tables;

/// <summary>Pages whose tables are arranged by their address, asked over HTTP.</summary>
public sealed partial class ArrangedPagesTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Limits_stand_in_the_order_that_is_asked_for_and_open_with_a_view_that_is_saved()
    {
        foreach (var (name, subject, period) in new[] { ("beta", "two.example", "month"), ("Alpha", "three.example", "day"), ("gamma", "one.example", "total") })
            await _nexus.LimitAsync(new { name, scope = "domain", subject, unit = "tokens", amount = 1000, period, hard = true });
        async Task<string> NamesAsync(string query) => string.Join(',', Limit().Matches(await _session.PageAsync("/dashboard/budgets" + query)).Select(match => match.Groups[1].Value));
        Assert.Equal("Alpha,beta,gamma", await NamesAsync("?sort=limit"));
        Assert.Equal("gamma,beta,Alpha", await NamesAsync("?sort=-limit"));
        Assert.Equal("gamma,Alpha,beta", await NamesAsync("?sort=whose"));
        // What never begins anew comes last, either way.
        Assert.EndsWith("gamma", await NamesAsync("?sort=resets"), StringComparison.Ordinal);
        Assert.EndsWith("gamma", await NamesAsync("?sort=-resets"), StringComparison.Ordinal);
        await _session.PostAsync("/dashboard/budgets", "/dashboard/views?handler=Save", false, ("page", "budgets"), ("name", "By name"), ("query", "?cols=limit,state&sort=-limit"));
        var href = System.Net.WebUtility.HtmlDecode(Regex.Match(await _session.PageAsync("/dashboard/budgets"), "href=\"(/dashboard/budgets\\?[^\"]*saved=[0-9a-f-]{36})\"").Groups[1].Value);
        var opened = await _session.PageAsync(href);
        Assert.Contains("View: By name", opened, StringComparison.Ordinal);
        Assert.Equal(["Limit", "State"], Heads(opened));
        Assert.Equal("gamma,beta,Alpha", await NamesAsync(href["/dashboard/budgets".Length..]));
    }

    [Fact]
    public async Task Reports_and_missed_turns_have_the_columns_that_are_asked_for_and_their_pages_keep_them()
    {
        var at = DateTimeOffset.UtcNow.AddHours(-3);
        await SeededLedger.AddAsync(_nexus, [.. Enumerable.Range(0, 51).Select(i => new ReportRow { Id = Guid.CreateVersion7(at.AddSeconds(i)), Kind = "cost", Title = $"Cost {i}", Summary = "much", FromAt = at.AddSeconds(i), ToAt = at.AddSeconds(i + 1), MadeAt = at, Content = "{}" })]);
        var reports = await _session.PageAsync("/dashboard/reports?cols=made&density=compact");
        Assert.Equal(["Report", "Made"], Heads(reports));
        Assert.Contains("/dashboard/reports?cols=report,made&amp;density=compact&amp;before=", reports, StringComparison.Ordinal);
        Assert.DoesNotContain("<html", await _session.PageAsync("/dashboard/reports?cols=made", htmx: true), StringComparison.Ordinal);

        await SeededLedger.AddAsync(_nexus, [.. Enumerable.Range(0, 51).Select(i => Miss(at.AddSeconds(i)))]);
        var misses = await _session.PageAsync("/dashboard/cache?range=30d&cols=wasted&density=compact");
        misses = misses[misses.IndexOf("id=\"columns-menu\"", StringComparison.Ordinal)..];
        Assert.Equal(["Time", "Wasted"], Heads(misses));
        Assert.Contains("/dashboard/cache?range=30d&amp;cols=time,wasted&amp;density=compact&amp;before=", misses, StringComparison.Ordinal);
        Assert.Contains("/api/export/cache-misses?range=30d&amp;cols=time,wasted&amp;density=compact&amp;format=csv", await _session.PageAsync("/dashboard/cache?range=30d&cols=wasted&density=compact", htmx: true), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/dashboard/sessions")]
    [InlineData("/dashboard/backups")]
    [InlineData("/dashboard/cache")]
    public async Task A_page_answers_whole_and_in_part_however_it_is_arranged(string address)
    {
        var table = KnownTables.All.Single(table => table.Href == address);
        foreach (var column in table.Columns)
        {
            var query = $"?cols={column.Name}&density=compact&sort=-{column.Name}";
            Assert.Contains("<html", await _session.PageAsync(address + query), StringComparison.Ordinal);
            Assert.DoesNotContain("<html", await _session.PageAsync(address + query, htmx: true), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Sessions_are_sorted_and_ended_without_losing_the_arrangement()
    {
        await DashboardSession.StartAsync(_nexus);
        var page = await _session.PageAsync("/dashboard/sessions?cols=with,seen&sort=-seen&density=compact");
        Assert.Equal(["Who", "Signed in with", "Last seen"], Heads(page));
        Assert.Equal("/dashboard/sessions?cols=who,with,seen&amp;density=compact&amp;sort=-seen&amp;handler=End", Regex.Match(page, "action=\"([^\"]*handler=End)\"").Groups[1].Value);
        var id = Regex.Match(page, "name=\"id\" value=\"([^\"]+)\"").Groups[1].Value;
        var ended = await _session.PostAsync("/dashboard/sessions", "/dashboard/sessions?cols=who,with,seen&density=compact&sort=-seen&handler=End", true, ("id", id));
        Assert.Contains("is ended.", ended, StringComparison.Ordinal);
        Assert.Equal(["Who", "Signed in with", "Last seen"], Heads(ended));
    }

    [Fact]
    public void Every_table_that_is_known_has_an_address_of_its_own_and_columns_with_names_of_their_own()
    {
        Assert.Equal(KnownTables.All.Count, KnownTables.All.Select(table => table.Page).Distinct().Count());
        Assert.Equal(KnownTables.All.Count, KnownTables.All.Select(table => table.Href).Distinct().Count());
        Assert.All(KnownTables.All, table => Assert.Equal(table.Columns.Count, table.Columns.Select(column => column.Name).Distinct().Count()));
    }

    private static CacheMissRow Miss(DateTimeOffset at) => new()
    {
        Id = Guid.CreateVersion7(at),
        PreviousId = Guid.CreateVersion7(at),
        StartedAt = at,
        PreviousAt = at.AddMinutes(-6),
        Domain = "one.example",
        SessionId = "s",
        Cause = "expired",
        MissedTokens = 100,
        WastedMicros = 5,
    };

    /// <summary>Of the table with the arrangement; the head of the buttons is none.</summary>
    private static IEnumerable<string> Heads(string page) => Head().Matches(page).Select(match => match.Groups[1].Value);

    [GeneratedRegex("<a href=\"/dashboard/budget/[^\"]*\">(\\w+)</a>")]
    private static partial Regex Limit();

    [GeneratedRegex("<th scope=\"col\"[^>]*>(?:<a [^>]*>)?\\s*([^<\\s][^<]*?)\\s*<")]
    private static partial Regex Head();
}
