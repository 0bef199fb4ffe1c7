using System.Globalization;
using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages;

/// <summary>Two turns side by side, and where a conversation's cache broke.</summary>
public sealed class ComparePageTests : IAsyncLifetime
{
    private const string First = """{"role":"user","content":[{"type":"text","text":"Why does it fail?","cache_control":{"type":"ephemeral"}}]}""";
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("text/event-stream", Streams.Whole);
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
    public async Task A_request_leads_to_what_changed_since_the_turn_before_it()
    {
        var (first, second) = await TwoTurnsAsync();
        var address = $"/dashboard/compare?left={first}&right={second}";
        var link = address.Replace("&", "&amp;", StringComparison.Ordinal);
        Assert.Contains(link, await _session.PageAsync($"/dashboard/request/{second}"), StringComparison.Ordinal);
        Assert.Contains(link, await _session.PageAsync($"/dashboard/conversation/{first}?view=timeline"), StringComparison.Ordinal);
        var page = await _session.PageAsync(address);
        Assert.Contains("The later request goes on where the earlier one ended, at messages[1]", page, StringComparison.Ordinal);
        Assert.Contains("1 kept, 2 added, 0 dropped, 0 changed", page, StringComparison.Ordinal);
        Assert.Contains("messages[2][0]", page, StringComparison.Ordinal);
        Assert.Contains("max_tokens", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<html", await _session.PageAsync(address, htmx: true), StringComparison.Ordinal);
        using var none = await _session.SendAsync($"/dashboard/compare?left={first}&right=01a2122e-286b-7d9c-a87a-1ddf2a295fca");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task The_tree_tells_times_on_the_viewer_s_clock_and_says_UTC_to_who_never_told_a_zone()
    {
        var (first, _) = await TwoTurnsAsync();
        await using var db = await _nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
        var at = (await db.Requests.SingleAsync(request => request.Id == Guid.Parse(first))).StartedAt;
        // A quarter of an hour off every other zone's clock, so that no other time reads alike.
        var there = TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById("Asia/Kathmandu"));
        Assert.Matches($"<text [^>]*>[^<]*{Clock(there)} [^<]", await _session.PageAsync($"/dashboard/conversation/{first}?view=tree", zone: "Asia/Kathmandu"));
        Assert.Matches($"<text [^>]*>[^<]*{Clock(at.ToUniversalTime())} UTC [^<]", await _session.PageAsync($"/dashboard/conversation/{first}?view=tree"));

        static string Clock(DateTimeOffset time) => time.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Over_time_a_missed_cache_is_marked_with_its_cause_and_leads_to_the_comparison()
    {
        var (first, second) = await TwoTurnsAsync();
        await using (var db = await _nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync())
        {
            var row = await db.Requests.SingleAsync(request => request.Id == Guid.Parse(second));
            db.CacheMisses.Add(new() { StartedAt = row.StartedAt, Id = row.Id, PreviousId = Guid.Parse(first), PreviousAt = row.StartedAt, Domain = row.Domain, SessionId = row.SessionId!, Cause = "prefix_changed", ChangedPart = "system[1]", MissedTokens = 1234, WastedMicros = 5600 });
            await db.SaveChangesAsync();
        }

        var page = await _session.PageAsync($"/dashboard/conversation/{first}?view=timeline");
        Assert.Contains("cache missed: prefix changed at system[1]", page, StringComparison.Ordinal);
        Assert.Contains("<p class=\"timeline-asked\">Why does it fail?</p>", page, StringComparison.Ordinal);
        Assert.Contains("<p class=\"timeline-asked\">Then mend it.</p>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Over_time_the_tools_of_a_turn_are_told_with_what_they_were_called_for_and_which_failed()
    {
        const string Session = """ "metadata":{"user_id":"{\"session_id\":\"5a1c0000-0000-4000-8000-000000000002\"}"} """;
        const string Asked = """{"role":"user","content":"What is there?"}""";
        const string Content = """[{"type":"tool_use","id":"toolu_1","name":"Bash","input":{"command":"ls -la <b>"}},{"type":"tool_use","id":"toolu_2","name":"Read","input":{"file_path":"/gone.txt"}}]""";
        const string Answer = $$"""{"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-5","content":{{Content}},"stop_reason":"tool_use","usage":{"input_tokens":3,"output_tokens":2} }""";
        _upstream.Replies("application/json", System.Text.Encoding.UTF8.GetBytes(Answer));
        var first = await _session.RequestAsync($$"""{"model":"claude-opus-5",{{Session}},"messages":[{{Asked}}] }""");
        var alone = await _session.PageAsync($"/dashboard/conversation/{first}?view=timeline");
        Assert.Contains("<code>Read</code>: <span>/gone.txt</span>", alone, StringComparison.Ordinal);
        Assert.DoesNotContain("<strong>failed</strong>", alone, StringComparison.Ordinal);
        await _session.RequestAsync($$"""
            {"model":"claude-opus-5",{{Session}},"messages":[{{Asked}},{"role":"assistant","content":{{Content}} },
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"a.txt"},{"type":"tool_result","tool_use_id":"toolu_2","is_error":true,"content":"No such file"}] }] }
            """);
        var page = await _session.PageAsync($"/dashboard/conversation/{first}?view=timeline");
        Assert.Contains("<code>Bash</code>: <span>ls -la &lt;b&gt;</span></li>", page, StringComparison.Ordinal);
        Assert.Contains("<code>Read</code>: <span>/gone.txt</span> <strong>failed</strong>", page, StringComparison.Ordinal);
    }

    private async Task<(string First, string Second)> TwoTurnsAsync()
    {
        const string Session = """ "metadata":{"user_id":"{\"session_id\":\"5a1c0000-0000-4000-8000-000000000001\"}"} """;
        var first = await _session.RequestAsync($$"""{"model":"claude-opus-5","stream":true,{{Session}},"messages":[{{First}}] }""");
        var second = await _session.RequestAsync($$"""
            {"model":"claude-opus-5","stream":true,"max_tokens":9,{{Session}},"messages":[{"role":"user","content":"Why does it fail?"},{"role":"assistant","content":[{"type":"text","text":"Hello"}] },
             {"role":"user","content":[{"type":"text","text":"Then mend it.","cache_control":{"type":"ephemeral"} } ] } ] }
            """);
        return (first, second);
    }
}
