using System.Net;
using System.Text.RegularExpressions;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed partial class DashboardTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await NexusApp.UntilAsync(async () => (await _nexus.Dashboard.GetAsync("/health")).IsSuccessStatusCode, "the database is ready");
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Pages_send_a_stranger_to_the_login()
    {
        using var response = await _nexus.Dashboard.GetAsync("/dashboard/requests");
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Contains("/dashboard/login", response.Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_key_is_told_so_and_opens_nothing()
    {
        using var response = await LogInAsync("wrong-key");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains("This key is wrong", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.False(response.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(cookie => cookie.StartsWith("nexus_session=", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_request_is_seen_on_every_page_and_htmx_gets_its_fragment()
    {
        var cookie = await SessionAsync();
        _upstream.Replies("text/event-stream", Streams.Whole);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new StringContent("""{"model":"claude-opus-5","messages":[{"role":"user","content":"Hi <script>alert(1)</script> ![x](http://evil.example/p.png)"}]}""") };
        request.Headers.TryAddWithoutValidation("x-api-key", "sk-ant-own");
        using var answer = await _nexus.Proxy.SendAsync(request);
        var id = answer.Headers.GetValues("x-nexus-request-id").Single();
        await NexusApp.UntilAsync(async () => (await PageAsync("/dashboard/requests", cookie)).Contains(id, StringComparison.Ordinal), "the request is listed");

        Assert.Contains("claude-opus-5-20260801", await PageAsync("/dashboard", cookie), StringComparison.Ordinal);
        var fragment = await PageAsync("/dashboard/requests?outcome=completed", cookie, htmx: true);
        Assert.Contains(id, fragment, StringComparison.Ordinal);
        Assert.DoesNotContain("<html", fragment, StringComparison.Ordinal);
        Assert.DoesNotContain(id, await PageAsync("/dashboard/requests?outcome=refused", cookie, htmx: true), StringComparison.Ordinal);
        var page = await PageAsync($"/dashboard/request/{id}", cookie);
        Assert.Contains("Let me see.", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", page, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-ant-own", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Styles_and_scripts_come_from_here_under_a_strict_policy()
    {
        using var login = await _nexus.Dashboard.GetAsync("/dashboard/login");
        var policy = login.Headers.GetValues("Content-Security-Policy").Single();
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        foreach (Match asset in Asset().Matches(await login.Content.ReadAsStringAsync()))
        {
            using var response = await _nexus.Dashboard.GetAsync(asset.Groups[1].Value);
            Assert.True(response.IsSuccessStatusCode, asset.Value);
        }

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
        var cookie = await SessionAsync(away);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/dashboard") { Headers = { { "Cookie", cookie } } };
        using var response = await away.Dashboard.SendAsync(request);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("The database is away", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task<string> SessionAsync(NexusApp? nexus = null)
    {
        using var response = await LogInAsync(NexusApp.Key, nexus);
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        return response.Headers.GetValues("Set-Cookie").Single(cookie => cookie.StartsWith("nexus_session=", StringComparison.Ordinal)).Split(';')[0];
    }

    private async Task<HttpResponseMessage> LogInAsync(string key, NexusApp? nexus = null)
    {
        var client = (nexus ?? _nexus).Dashboard;
        using var form = await client.GetAsync("/dashboard/login");
        var token = Token().Match(await form.Content.ReadAsStringAsync()).Groups[1].Value;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/dashboard/login") { Content = new FormUrlEncodedContent([new("key", key), new("__RequestVerificationToken", token)]) };
        request.Headers.Add("Cookie", form.Headers.GetValues("Set-Cookie").Select(cookie => cookie.Split(';')[0]));
        return await client.SendAsync(request);
    }

    private async Task<string> PageAsync(string path, string cookie, bool htmx = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Cookie", cookie } } };
        if (htmx)
            request.Headers.Add("HX-Request", "true");
        using var response = await _nexus.Dashboard.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {body}");
        return body;
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" type=\"hidden\" value=\"([^\"]+)\"")]
    private static partial Regex Token();

    [GeneratedRegex("(?:href|src)=\"(/[^\"]+\\.(?:css|js))\"")]
    private static partial Regex Asset();
}
