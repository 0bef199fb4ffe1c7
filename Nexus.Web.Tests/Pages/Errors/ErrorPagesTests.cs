using System.Net;
using System.Text.Json.Nodes;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Pages.Errors;

/// <summary>What somebody is told who asks for what is not there, sends a form that is too old, or meets a fault of Nexus.</summary>
public sealed class ErrorPagesTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private string _database = "";
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database, settings: Visitor.SingleSignOn("mem@one.example=member, bob@one.example=administrator"));
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("/dashboard/no-such-page", "Nexus has no page at this address", "href=\"/dashboard\"")]
    [InlineData("/dashboard/request/not-an-id", "has been removed", "href=\"/dashboard/requests\"")]
    [InlineData("/dashboard/request/0190f0e0-0000-7000-8000-000000000000", "has been removed", "href=\"/dashboard/requests\"")]
    [InlineData("/dashboard/conversation/0190f0e0-0000-7000-8000-000000000000", "has been removed", "href=\"/dashboard/conversations\"")]
    [InlineData("/dashboard/report/0190f0e0-0000-7000-8000-000000000000", "has been removed", "href=\"/dashboard/reports\"")]
    public async Task What_is_not_there_is_a_page_with_a_way_on_and_a_line_for_htmx(string path, string why, string way)
    {
        using var answer = await _session.SendAsync(path);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
        Assert.True(answer.Headers.Contains("Content-Security-Policy") && answer.Headers.CacheControl!.NoStore);
        Assert.Contains(why, page, StringComparison.Ordinal);
        Assert.Contains(way, page, StringComparison.Ordinal);
        Assert.Contains("<nav id=\"pages\"", page, StringComparison.Ordinal);
        Assert.Contains("error-page", page, StringComparison.Ordinal);

        using var part = await _session.SendAsync(path, htmx: true);
        Assert.Equal(HttpStatusCode.NotFound, part.StatusCode);
        Assert.Equal("text/plain", part.Content.Headers.ContentType!.MediaType);
        Assert.Contains(why, await part.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stranger_is_sent_to_the_login_and_a_member_home_to_their_own_page()
    {
        using (var stranger = await _nexus.Dashboard.GetAsync("/dashboard/no-such-page"))
            Assert.StartsWith("/dashboard/login", stranger.Headers.Location!.PathAndQuery, StringComparison.Ordinal);
        using var member = await Visitor.EnterAsync(_nexus, "mem@one.example");
        using var answer = await member.GetAsync("/dashboard/no-such-page");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("<a class=\"button\" href=\"/dashboard/mine\">Mine</a>", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        using var typed = new HttpRequestMessage(HttpMethod.Get, "/dashbord") { Headers = { { "Accept", "text/html,*/*" } } };
        using var mistyped = await _nexus.Dashboard.SendAsync(typed);
        Assert.Equal(HttpStatusCode.NotFound, mistyped.StatusCode);
        Assert.Contains("Nexus has no page at this address", await mistyped.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var program = await _nexus.Dashboard.GetAsync("/dashbord");
        Assert.Equal(HttpStatusCode.Unauthorized, program.StatusCode);
    }

    [Fact]
    public async Task A_form_that_is_too_old_changes_nothing_and_leads_back_to_its_page()
    {
        foreach (var htmx in new[] { false, true })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/dashboard/job/vacuum?handler=Pause&x=1") { Headers = { { "Cookie", _session.Cookie } }, Content = new FormUrlEncodedContent([]) };
            if (htmx)
                request.Headers.Add("HX-Request", "true");
            using var answer = await _nexus.Dashboard.SendAsync(request);
            var body = await answer.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains("open too long, or you signed in anew. Nothing was changed", body, StringComparison.Ordinal);
            Assert.Equal(htmx, answer.Headers.Contains("X-Nexus-Load-Again"));
            Assert.Equal(!htmx, body.Contains("href=\"/dashboard/job/vacuum?x=1\">Load again</a>", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Signing_in_anew_breaks_no_form_that_is_open_and_nobody_can_send_another_s()
    {
        using var visitor = await Visitor.WithKeyAsync(_nexus);
        var open = await visitor.TokenAsync("/dashboard/sessions");
        using (var anew = await visitor.PostAsync("/dashboard/login", "/dashboard/login", ("key", NexusApp.Key)))
            Assert.Equal(HttpStatusCode.Redirect, anew.StatusCode);

        // The same browser, with somebody else in it.
        using var bob = await Visitor.EnterAsync(_nexus, "bob@one.example");
        foreach (Cookie cookie in visitor.Cookies.GetAllCookies())
            if (cookie.Name.StartsWith(".AspNetCore.Antiforgery", StringComparison.Ordinal))
                bob.Cookies.Add(cookie);
        using (var forged = await bob.SendAsync(HttpMethod.Post, "/dashboard/logout", Form(open)))
        {
            Assert.Equal(HttpStatusCode.Forbidden, forged.StatusCode);
            Assert.Contains("Nothing was changed", await forged.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using var sent = await visitor.SendAsync(HttpMethod.Post, "/dashboard/logout", Form(open));
        Assert.Equal("/dashboard/login?ended=left", sent.Headers.Location?.ToString());

        static FormUrlEncodedContent Form(string token) => new([new("__RequestVerificationToken", token)]);
    }

    [Fact]
    public async Task A_fault_of_Nexus_is_a_page_with_an_id_for_the_log_and_nothing_from_inside()
    {
        await using (var source = NpgsqlDataSource.Create(_database))
        await using (var fault = source.CreateCommand("ALTER TABLE reports RENAME TO reports_elsewhere; ALTER TABLE client_keys RENAME TO client_keys_elsewhere"))
            await fault.ExecuteNonQueryAsync();
        using var answer = await _session.SendAsync("/dashboard/reports?x=1");
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Contains("Something failed in Nexus", page, StringComparison.Ordinal);
        Assert.Matches("Request id: <code>[^<]+</code>", page);
        Assert.Contains("href=\"/dashboard/reports?x=1\">Load again</a>", page, StringComparison.Ordinal);
        Assert.Contains("href=\"/dashboard\">Overview</a>", page, StringComparison.Ordinal);
        Assert.True(answer.Headers.Contains("Content-Security-Policy") && answer.Headers.CacheControl!.NoStore);

        using var part = await _session.SendAsync("/dashboard/reports", htmx: true);
        var line = await part.Content.ReadAsStringAsync();
        Assert.Equal((HttpStatusCode.InternalServerError, "text/plain"), (part.StatusCode, part.Content.Headers.ContentType!.MediaType));
        Assert.Contains("Request id: ", line, StringComparison.Ordinal);
        Assert.True(line.Length < 300, "the script shows no more");

        using var asked = new HttpRequestMessage(HttpMethod.Get, "/api/keys") { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
        using var api = await _nexus.Dashboard.SendAsync(asked);
        var json = await api.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.InternalServerError, api.StatusCode);
        Assert.Equal("internal_error", JsonNode.Parse(json)!["error"]!["code"]!.GetValue<string>());
        foreach (var body in new[] { page, line, json })
            foreach (var inside in new[] { "Npgsql", "42P01", "relation", "client_keys", "   at " })
                Assert.DoesNotContain(inside, body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_API_does_not_have_is_told_in_JSON_as_before()
    {
        using var asked = new HttpRequestMessage(HttpMethod.Get, "/api/nothing") { Headers = { { "X-Dashboard-Key", NexusApp.Key }, { "Accept", "text/html" } } };
        using var answer = await _nexus.Dashboard.SendAsync(asked);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("There is nothing at /api/nothing", JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!.GetValue<string>());
    }
}
