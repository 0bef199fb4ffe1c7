using System.Net;
using System.Text.RegularExpressions;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed partial class DashboardTests : IAsyncLifetime
{
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

    [Theory]
    [InlineData("/dashboard")]
    [InlineData("/dashboard/requests")]
    [InlineData("/dashboard/request/0190f0e0-0000-7000-8000-000000000000")]
    public async Task Pages_send_a_stranger_to_the_login(string path)
    {
        using var response = await _nexus.Dashboard.GetAsync(path);
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Contains("/dashboard/login", response.Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_key_is_told_so_and_opens_nothing()
    {
        using var response = await DashboardSession.LogInAsync(_nexus, "wrong-key");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains("This key is wrong", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.False(response.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(cookie => cookie.StartsWith("nexus_session=", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Many_wrong_keys_make_even_the_right_one_wait()
    {
        HttpResponseMessage? last = null;
        for (var i = 0; i < 6 && last?.StatusCode != HttpStatusCode.TooManyRequests; i++)
        {
            last?.Dispose();
            last = await DashboardSession.LogInAsync(_nexus, "wrong-key");
        }

        using (last)
            Assert.Equal(HttpStatusCode.TooManyRequests, last!.StatusCode);
        using var right = await DashboardSession.LogInAsync(_nexus, NexusApp.Key);
        Assert.Equal(HttpStatusCode.TooManyRequests, right.StatusCode);
        Assert.InRange(right.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
    }

    [Fact]
    public async Task Overview_adds_up_the_rollups_and_answers_htmx_with_its_figures()
    {
        Assert.Contains("ANTHROPIC_BASE_URL", await _session.PageAsync("/dashboard"), StringComparison.Ordinal);
        await _session.RequestAsync();
        await _session.RequestAsync();
        var page = await _session.PageAsync("/dashboard", zone: "Asia/Kolkata");
        Assert.Contains("<html", page, StringComparison.Ordinal);
        Assert.Contains("Asia/Kolkata", page, StringComparison.Ordinal);
        Assert.Contains("claude-opus-5-20260801", page, StringComparison.Ordinal);
        var fragment = await _session.PageAsync("/dashboard", htmx: true);
        Assert.DoesNotContain("<html", fragment, StringComparison.Ordinal);
        Assert.Contains("<strong>UTC</strong>", fragment, StringComparison.Ordinal);
        // Streams.Events: 10 input, 5 output, 100 read from the cache, 3 and 4 written to it.
        foreach (var (name, tokens) in new[] { ("Input", 20), ("Output", 10), ("Cache read", 200), ("Cache write, 5 min", 6), ("Cache write, 1 h", 8) })
            Assert.Matches($"{name}</th><td class=\"number\" title=\"{tokens}\">{tokens}</td><td class=\"number\" title=\"{tokens}\">{tokens}</td>", fragment);
    }

    [Fact]
    public async Task Requests_are_filtered_by_the_url_and_answer_htmx_with_their_rows()
    {
        var one = await _session.RequestAsync(host: "one.example");
        _upstream.Replies("application/json", """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""u8.ToArray(), 529);
        var two = await _session.RequestAsync(host: "two.example");
        var page = await _session.PageAsync("/dashboard/requests");
        Assert.Contains("<html", page, StringComparison.Ordinal);
        Assert.Contains("<option value=\"two.example\">", page, StringComparison.Ordinal);
        foreach (var (query, found) in new[]
        {
            ("domain=one.example", one), ("domain=two.example", two), ("model=claude-opus-5-20260801", one), ("outcome=completed", one), ("outcome=errors", two), ("outcome=upstream_error", two),
            ("status=529", two), ("status=5xx", two), ("status=2xx", one), ("range=1h&status=200", one), ("range=custom&from=2020-01-01T00:00&outcome=errors", two),
        })
        {
            var fragment = await _session.PageAsync("/dashboard/requests?" + query, htmx: true);
            Assert.DoesNotContain("<html", fragment, StringComparison.Ordinal);
            Assert.Equal([found], Rows().Matches(fragment).Select(row => row.Groups[1].Value));
        }

        Assert.Empty(Rows().Matches(await _session.PageAsync("/dashboard/requests?range=custom&to=2020-01-01T00:00", htmx: true)));
        Assert.Contains("neither a number", await _session.PageAsync("/dashboard/requests?status=abc", htmx: true), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_are_paged_by_key_and_only_the_first_page_is_live()
    {
        var ids = new List<string>();
        for (var i = 0; i < 55; i++)
            ids.Add(await _nexus.MessageAsync("""{"model":"claude-opus-5","messages":[]}"""));
        ids.Sort((a, b) => string.CompareOrdinal(b, a));
        await NexusApp.UntilAsync(async () => (await _session.PageAsync("/dashboard/requests?status=200", htmx: true)).Contains("before=" + ids[49], StringComparison.Ordinal), "all are listed");
        var first = await _session.PageAsync("/dashboard/requests", htmx: true);
        Assert.Equal(ids[..50], Rows().Matches(first).Select(row => row.Groups[1].Value));
        Assert.Contains("sse-connect", first, StringComparison.Ordinal);
        var second = await _session.PageAsync("/dashboard/requests?before=" + ids[49], htmx: true);
        Assert.Equal(ids[50..], Rows().Matches(second).Select(row => row.Groups[1].Value));
        Assert.DoesNotContain("sse-connect", second, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Styles_and_scripts_come_from_here_under_a_strict_policy()
    {
        using var login = await _nexus.Dashboard.GetAsync("/dashboard/login");
        var policy = login.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        var assets = Asset().Matches(await login.Content.ReadAsStringAsync());
        Assert.True(assets.Count >= 9);
        foreach (Match asset in assets)
        {
            using var response = await _nexus.Dashboard.GetAsync(asset.Groups[1].Value);
            Assert.True(response.IsSuccessStatusCode, asset.Value);
        }

        using var page = await _session.SendAsync("/dashboard");
        Assert.True(page.Headers.CacheControl!.NoStore);
        Assert.Contains("HX-Request", page.Headers.Vary);
        using var onProxy = await _nexus.Proxy.GetAsync("/css/app.css");
        Assert.False(onProxy.IsSuccessStatusCode);
        using var unknown = await _nexus.Proxy.GetAsync("/nothing/here");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Contains("not_found_error", await unknown.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_the_database_away_one_can_log_in_and_is_told_what_is_wrong()
    {
        await using var away = await NexusApp.StartAsync(_upstream);
        var session = await DashboardSession.StartAsync(away);
        foreach (var htmx in new[] { false, true })
        {
            using var response = await session.SendAsync("/dashboard", htmx);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            var body = await response.Content.ReadAsStringAsync();
            Assert.Contains("The database is away", body, StringComparison.Ordinal);
            Assert.Equal(!htmx, body.Contains("<html", StringComparison.Ordinal));
            Assert.True(response.Headers.Contains("Content-Security-Policy"));
        }
    }

    [GeneratedRegex("<tr id=\"r-([0-9a-f-]{36})\"")]
    private static partial Regex Rows();

    [GeneratedRegex("(?:href|src)=\"(/[^\"]+\\.(?:css|js|svg))\"")]
    private static partial Regex Asset();
}
