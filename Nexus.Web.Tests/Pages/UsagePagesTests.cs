using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Usage;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class UsagePagesTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;
    private SeededUsage _usage = null!;
    private DateTimeOffset _now;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
        _usage = new(_nexus.Services.GetRequiredService<Database>().DataSource);
        _now = DateTimeOffset.UtcNow;
        _now = _now.AddTicks(-(_now.Ticks % TimeSpan.FromMinutes(15).Ticks));
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("/dashboard/usage")]
    [InlineData("/dashboard/token-usage")]
    [InlineData("/dashboard/token-usage?accountId=nobody")]
    [InlineData("/dashboard/cache")]
    public async Task A_page_without_data_is_whole_and_its_fragment_is_a_part_of_it(string address)
    {
        var page = await _session.PageAsync(address);
        Assert.Contains("<!doctype html>", page, StringComparison.Ordinal);
        var fragment = await _session.PageAsync(address, htmx: true);
        Assert.DoesNotContain("<html", fragment, StringComparison.Ordinal);
        Assert.StartsWith("<", fragment.TrimStart(), StringComparison.Ordinal);
        Assert.Contains("<h2", fragment, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Usage_shows_spend_by_what_is_asked_and_keeps_the_filter_in_its_links_and_exports()
    {
        await _usage.AddAsync(_now.AddHours(-1), "one.example", "acc_a", 1_500, owner: "Ada", costMicros: 2_340_000);
        await _usage.AddAsync(_now.AddHours(-2), "two.example", "acc_b", 500, owner: "Bob <b>", costMicros: 660_000);
        await _usage.AddAsync(_now.AddDays(-9), "one.example", "acc_a", 100, owner: "Ada", costMicros: 1_000_000);
        var page = await _session.PageAsync("/dashboard/usage?by=owner");
        Assert.Contains("$3.00", page, StringComparison.Ordinal);
        Assert.Contains("$2.34", page, StringComparison.Ordinal);
        Assert.Contains("Bob &lt;b&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Bob <b>", page, StringComparison.Ordinal);
        Assert.Contains("/api/export/usage-totals?by=owner&amp;format=csv", page, StringComparison.Ordinal);
        var filtered = await _session.PageAsync("/dashboard/usage?by=owner&domain=two.example", htmx: true);
        Assert.Contains("$0.66", filtered, StringComparison.Ordinal);
        Assert.DoesNotContain("$2.34", filtered, StringComparison.Ordinal);
        Assert.Contains("domain=two.example", filtered, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_leads_to_its_requests_of_the_same_time_and_filter_or_nowhere_and_tools_follow_the_filter_or_say_why_not()
    {
        await _usage.AddAsync(_now.AddHours(-1), "two.example", "acc_b", 500, owner: "Ada");
        var page = await _session.PageAsync("/dashboard/usage?domain=two.example&range=30d", htmx: true, zone: "Asia/Tokyo");
        Assert.Matches("href=\"/dashboard/requests\\?domain=two.example&amp;model=claude-opus-5&amp;range=custom&amp;from=20\\d\\d-\\d\\d-\\d\\dT00%3A00\"", page);
        Assert.Contains("/api/export/tools?range=30d&amp;domain=two.example&amp;format=csv", page, StringComparison.Ordinal);
        var custom = await _session.PageAsync("/dashboard/usage?by=domain&range=custom&from=2026-01-01T09:30&to=" + _now.AddDays(1).ToString("yyyy-MM-dd'T'HH:mm", System.Globalization.CultureInfo.InvariantCulture), htmx: true);
        Assert.Matches("href=\"/dashboard/requests\\?domain=two.example&amp;range=custom&amp;from=2026-01-01T09%3A30&amp;to=20[-0-9]+T[0-9A%]+\"", custom);
        var untold = await _session.PageAsync("/dashboard/usage?owner=Ada&account=acc_b&lane=main", htmx: true);
        Assert.DoesNotContain("href=\"/dashboard/requests", untold, StringComparison.Ordinal);
        Assert.Contains("not by account or lane: they cannot be told under this filter", untold, StringComparison.Ordinal);
        Assert.DoesNotContain("/api/export/tools", untold, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_dearest_subagents_are_named_with_their_branch_under_the_filter_and_only_those_of_the_range()
    {
        await _usage.AddAsync(_now.AddHours(-1), "one.example", "acc_a", 500, owner: "Ada", costMicros: 4_000_000);
        await _usage.AddAsync(_now.AddHours(-1), "two.example", "acc_a", 500, owner: "Bob", costMicros: 4_000_000);
        var (first, second) = (Conversation("one.example", "Ada <i>"), Conversation("two.example", "Bob"));
        await SeededLedger.AddAsync(_nexus, first, second, Branch(first, "subtask_1", 2_000_000), Branch(first, "subtask_2", 250_000), Branch(first, "compact_1", 3_000_000), Branch(second, "subtask_7", 1_040_000), Branch(second, "subtask_8", 3_500_000, hoursAgo: 24 * 20));
        var page = await _session.PageAsync("/dashboard/usage");
        var order = new[] { $"/dashboard/conversation/{first.Id}?branch=subtask_1", $"/dashboard/conversation/{second.Id}?branch=subtask_7", $"/dashboard/conversation/{first.Id}?branch=subtask_2" }.Select(href => page.IndexOf($"href=\"{href}\"", StringComparison.Ordinal)).ToList();
        Assert.All(order, at => Assert.True(at > 0));
        Assert.Equal(order.Order(), order);
        Assert.Contains("Ada &lt;i&gt;", page, StringComparison.Ordinal);
        // Of eight dollars: two, a little more than one, and a quarter.
        foreach (var share in new[] { "25", "13", "3.1" })
            Assert.Contains(share + " %</td>", System.Net.WebUtility.HtmlDecode(page[order[0]..]), StringComparison.Ordinal);
        Assert.DoesNotContain("branch=compact_1", page, StringComparison.Ordinal);
        Assert.DoesNotContain("branch=subtask_8", page, StringComparison.Ordinal);
        var filtered = await _session.PageAsync("/dashboard/usage?domain=two.example&owner=Bob", htmx: true);
        Assert.Contains("branch=subtask_7", filtered, StringComparison.Ordinal);
        Assert.DoesNotContain("branch=subtask_1", filtered, StringComparison.Ordinal);
        Assert.Contains("not by model or lane: they cannot be told under this filter", await _session.PageAsync("/dashboard/usage?model=claude-opus-5&lane=main", htmx: true), StringComparison.Ordinal);
    }

    private ConversationRow Conversation(string domain, string owner) => new()
    {
        Id = Guid.CreateVersion7(),
        Domain = domain,
        StartedAt = _now.AddDays(-21),
        LastAt = _now.AddHours(-1),
        LastHour = TimeBuckets.StartOf(_now.AddHours(-1), TimeSpan.FromHours(1)),
        Owners = [owner],
        KeyIds = [],
        Accounts = [],
        Models = [],
        Turns = 3,
        Requests = 3,
        Subagents = 2,
        CostMicros = 9_000_000,
    };

    private ConversationBranchRow Branch(ConversationRow conversation, string name, long micros, int hoursAgo = 2) =>
        new() { ConversationId = conversation.Id, Name = name, StartedAt = _now.AddHours(-hoursAgo), LastAt = _now.AddHours(-hoursAgo), Requests = 3, CostMicros = micros };

    [Fact]
    public async Task Limits_show_each_accounts_windows_with_pace_and_its_own_count()
    {
        await _usage.AddAsync(_now.AddHours(-1), "one.example", "acc_a", 70_000);
        await using (var insert = _nexus.Services.GetRequiredService<Database>().DataSource.CreateCommand(
            "INSERT INTO account_windows VALUES ('acc_a', '5h', 'allowed_warning', 0.8, now() + interval '3 hours', now()), ('acc_a', '7d', 'allowed', 0.1, now() - interval '1 minute', now() - interval '1 hour')"))
            await insert.ExecuteNonQueryAsync();
        var page = await _session.PageAsync("/dashboard/token-usage");
        Assert.Contains("80 % used", page, StringComparison.Ordinal);
        Assert.Contains("allowed warning", page, StringComparison.Ordinal);
        Assert.Contains("At this pace it is used up", page, StringComparison.Ordinal);
        Assert.Contains("0 % used", page, StringComparison.Ordinal);
        Assert.Contains("70K", page, StringComparison.Ordinal);
        var account = await _session.PageAsync("/dashboard/token-usage?accountId=acc_a", zone: "Europe/Berlin");
        Assert.Contains("70,000", account, StringComparison.Ordinal);
        Assert.Contains("Europe/Berlin", account, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_days_of_an_account_come_ten_a_page_and_what_keeps_a_page_fresh_asks_for_its_own_days()
    {
        await _usage.AddAsync(_now.AddDays(-8), "one.example", "acc_a", 11_111);
        await _usage.AddAsync(_now.AddDays(-14), "one.example", "acc_a", 22_222);
        await _usage.AddAsync(_now.AddDays(-25), "one.example", "acc_a", 33_333);
        var newest = await _session.PageAsync("/dashboard/token-usage?accountId=acc_a");
        Assert.Contains("11,111", newest, StringComparison.Ordinal);
        Assert.DoesNotContain("22,222", newest, StringComparison.Ordinal);
        Assert.DoesNotContain("Newer days", newest, StringComparison.Ordinal);
        Assert.Contains("/dashboard/token-usage?accountId=acc_a&amp;skip=10#days", newest, StringComparison.Ordinal);
        var middle = await _session.PageAsync("/dashboard/token-usage?accountId=acc_a&skip=10");
        Assert.Contains("22,222", middle, StringComparison.Ordinal);
        Assert.DoesNotContain("11,111", middle, StringComparison.Ordinal);
        Assert.DoesNotContain("33,333", middle, StringComparison.Ordinal);
        Assert.Contains("hx-get=\"/dashboard/token-usage?accountId=acc_a&amp;skip=10\"", middle, StringComparison.Ordinal);
        var oldest = await _session.PageAsync("/dashboard/token-usage?accountId=acc_a&skip=20", htmx: true);
        Assert.Contains("33,333", oldest, StringComparison.Ordinal);
        Assert.DoesNotContain("Older days", oldest, StringComparison.Ordinal);
        Assert.Contains("Newer days", oldest, StringComparison.Ordinal);
    }
}
