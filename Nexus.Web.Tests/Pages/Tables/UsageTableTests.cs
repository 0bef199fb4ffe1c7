using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages.Tables;

/// <summary>Who spends: in any order, with the columns that are asked for, on the page and in its file.</summary>
public sealed partial class UsageTableTests : IAsyncLifetime
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
        var usage = new SeededUsage(_nexus.Services.GetRequiredService<Database>().DataSource);
        var at = DateTimeOffset.UtcNow.AddDays(-2);
        await usage.AddAsync(at, "one.example", "acc_a", 900, input: 30, owner: "Ada", costMicros: 3_000_000, requests: 2);
        await usage.AddAsync(at, "two.example", "acc_a", 300, owner: "bob", costMicros: 2_000_000, requests: 9);
        await usage.AddAsync(at, "three.example", "acc_b", 600, input: 20, owner: "Cleo", costMicros: 1_000_000, requests: 5);
        // The week before: Ada spent as much, bob a fifth.
        await usage.AddAsync(at.AddDays(-7), "one.example", "acc_a", 900, owner: "Ada", costMicros: 3_000_000, requests: 2);
        await usage.AddAsync(at.AddDays(-7), "two.example", "acc_a", 300, owner: "bob", costMicros: 400_000, requests: 2);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("", "Ada,bob,Cleo")]
    [InlineData("&measure=requests", "bob,Cleo,Ada")]
    [InlineData("&sort=cost", "Cleo,bob,Ada")]
    [InlineData("&sort=-requests", "bob,Cleo,Ada")]
    [InlineData("&sort=requests", "Ada,Cleo,bob")]
    [InlineData("&sort=name", "Ada,bob,Cleo")]
    [InlineData("&sort=-name", "Cleo,bob,Ada")]
    [InlineData("&sort=-tokens", "Ada,Cleo,bob")]
    [InlineData("&sort=input", "bob,Cleo,Ada")]
    [InlineData("&sort=-share", "Ada,bob,Cleo")]
    [InlineData("&sort=-change", "bob,Ada,Cleo")]
    [InlineData("&sort=change", "Ada,bob,Cleo")]
    [InlineData("&sort=-hit", "bob,Cleo,Ada")]
    [InlineData("&sort=no-such-column", "Ada,bob,Cleo")]
    public async Task People_stand_in_the_order_that_is_asked_for_on_the_page_in_its_fragment_and_in_its_file(string sort, string people)
    {
        foreach (var htmx in new[] { false, true })
            Assert.Equal(people.Split(','), Name().Matches(await _session.PageAsync("/dashboard/usage?by=owner" + sort, htmx)).Select(match => match.Groups[1].Value));
        var file = await _session.PageAsync($"/api/export/usage-totals?by=owner{sort}&format=csv");
        Assert.Equal(people.Split(','), file.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(',')[0]));
    }

    [Fact]
    public async Task Every_head_sorts_the_file_without_fault()
    {
        foreach (var column in KnownTables.Usage.Columns)
        {
            Assert.True(column.Sorts, column.Name);
            foreach (var order in new[] { "", "-" })
                Assert.Equal(4, (await _session.PageAsync($"/api/export/usage-totals?by=owner&sort={order}{column.Name}&format=csv")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        }
    }

    [Fact]
    public async Task Columns_density_and_order_are_in_the_address_and_every_link_of_the_page_keeps_them()
    {
        var page = await _session.PageAsync("/dashboard/usage?by=owner&cols=name,cost,requests&density=compact&sort=-requests");
        var table = page[page.IndexOf("<table class=\"compact\"", StringComparison.Ordinal)..];
        table = table[..table.IndexOf("</table>", StringComparison.Ordinal)];
        Assert.Equal(["Name", "Requests", "Spend"], Head().Matches(table).Select(match => match.Groups[1].Value));
        Assert.Equal(1, Regex.Count(table, "aria-sort=\"descending\""));
        // Five rows of three: the head, three people and all of them.
        Assert.Equal(15, Regex.Count(table, "<t[hd][ >]"));
        const string Arranged = "cols=name,requests,cost&amp;density=compact&amp;sort=-requests";
        Assert.Contains($"href=\"/dashboard/usage?by=owner&amp;owner=Ada&amp;{Arranged}\"", page, StringComparison.Ordinal);
        Assert.Contains($"/api/export/usage-totals?by=owner&amp;{Arranged}&amp;format=csv", page, StringComparison.Ordinal);
        var filters = page[page.IndexOf("id=\"filters\"", StringComparison.Ordinal)..];
        Assert.Contains("<input type=\"hidden\" name=\"sort\" value=\"-requests\"", filters[..filters.IndexOf("</form>", StringComparison.Ordinal)], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_shown_is_saved_as_a_view_and_opens_again()
    {
        var token = Regex.Match(await _session.PageAsync("/dashboard/usage?by=owner&sort=-requests"), "name=\"__RequestVerificationToken\"(?: type=\"hidden\")? value=\"([^\"]+)\"").Groups[1].Value;
        Assert.NotEmpty(token);
        await using var scope = _nexus.Services.CreateAsyncScope();
        var saved = await scope.ServiceProvider.GetRequiredService<SavedViews>().SaveAsync("usage", "Who asks most", "?by=owner&sort=-requests", true, new("dashboard", true), new("dashboard", null), CancellationToken.None);
        Assert.Equal($"/dashboard/usage?by=owner&sort=-requests&saved={saved.Id}", saved.Href);
        var page = await _session.PageAsync(saved.Href);
        Assert.Contains("View: Who asks most", page, StringComparison.Ordinal);
        Assert.Equal(["bob", "Cleo", "Ada"], Name().Matches(page).Select(match => match.Groups[1].Value));
    }

    [GeneratedRegex("<a href=\"/dashboard/usage\\?[^\"]*\" hx-get[^>]*>(Ada|bob|Cleo)</a>")]
    private static partial Regex Name();

    [GeneratedRegex("<th scope=\"col\"[^>]*>(?:<a [^>]*>)?\\s*([^<]+?)\\s*<")]
    private static partial Regex Head();
}
