using System.Net;
using System.Text.RegularExpressions;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Operations.Jobs;

public sealed partial class ConsoleTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private JobHistory _jobs = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        _jobs = new(_nexus);
        await _jobs.ServingAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("/jobs")]
    [InlineData("/jobs/recurring")]
    [InlineData("/jobs/stats")]
    public async Task A_stranger_is_sent_to_the_login_even_from_this_machine(string path)
    {
        using var response = await _nexus.Dashboard.GetAsync(path);
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Contains("/dashboard/login", response.Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stranger_triggers_nothing()
    {
        using var form = new FormUrlEncodedContent([new("jobs[]", "vacuum")]);
        using var response = await _nexus.Dashboard.PostAsync("/jobs/recurring/trigger", form);
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Empty(await _jobs.RunsAsync());
    }

    [Fact]
    public async Task The_proxy_s_port_has_no_console()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/jobs") { Headers = { { "Cookie", (await DashboardSession.StartAsync(_nexus)).Cookie } } };
        using var response = await _nexus.Proxy.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.StartsWith("""{"type":"error","error":{"type":"not_found_error",""", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_triggers_a_job_only_with_the_antiforgery_token()
    {
        var session = await DashboardSession.StartAsync(_nexus);
        using var page = await session.SendAsync("/jobs/recurring");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        var html = await page.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.Forbidden, await TriggerAsync(session.Cookie, token: null));
        Assert.Empty(await _jobs.RunsAsync());
        var cookies = string.Join("; ", page.Headers.GetValues("Set-Cookie").Select(value => value.Split(';')[0]).Prepend(session.Cookie));
        Assert.Equal(HttpStatusCode.NoContent, await TriggerAsync(cookies, Token().Match(html).Groups[1].Value));
        await NexusApp.UntilAsync(async () => (await _jobs.RunsAsync()).Any(run => run is { Outcome: "succeeded", ByHand: true }), "the job ran");
    }

    [Fact]
    public async Task The_console_tells_nothing_of_the_connection()
    {
        var session = await DashboardSession.StartAsync(_nexus);
        foreach (var path in new[] { "/jobs", "/jobs/recurring", "/jobs/servers", "/jobs/jobs/succeeded" })
        {
            var html = await session.PageAsync(path);
            Assert.DoesNotContain("PostgreSQL Server", html, StringComparison.Ordinal);
            Assert.DoesNotContain("127.0.0.1", html, StringComparison.Ordinal);
        }
    }

    private async Task<HttpStatusCode> TriggerAsync(string cookies, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/jobs/recurring/trigger") { Content = new FormUrlEncodedContent([new("jobs[]", "partitions")]) };
        request.Headers.Add("Cookie", cookies);
        if (token is not null)
            request.Headers.Add("RequestVerificationToken", token);
        using var response = await _nexus.Dashboard.SendAsync(request);
        return response.StatusCode;
    }

    [GeneratedRegex("name=\"csrf-token\" content=\"([^\"]+)\"")]
    private static partial Regex Token();
}
