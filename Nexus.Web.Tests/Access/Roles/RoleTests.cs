using System.Net;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Access.Roles;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Access.Roles;

/// <summary>What each role gets to see and may do, over HTTP. The proxy that vouches for people is the test itself.</summary>
public sealed class RoleTests : IAsyncLifetime
{
    private const string Said = "a sentence that ada typed";
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private string _request = "";

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Streams.Json);
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync(), settings: Visitor.SingleSignOn(
            "mem@one.example=member, @views.example=viewer, ana@one.example=analyst, ope@one.example=operator, boss@one.example=administrator", ("DASHBOARD_CONTACT", "ops@one.example")));
        await _nexus.ReadyAsync();
        var session = await DashboardSession.StartAsync(_nexus);
        _request = await session.RequestAsync($$"""{"model":"claude-opus-5","messages":[{"role":"user","content":"{{Said}}"}]}""");
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("mem@one.example", "member")]
    [InlineData("vera@views.example", "viewer")]
    [InlineData("ana@one.example", "analyst")]
    [InlineData("ope@one.example", "operator")]
    [InlineData("boss@one.example", "administrator")]
    public async Task Each_page_opens_for_its_role_and_for_no_lesser_one(string name, string named)
    {
        var role = RoleNames.Parse(named);
        using var visitor = await Visitor.EnterAsync(_nexus, name);
        foreach (var rule in RoleTable.All.Where(rule => rule.Content == ContentOf.None && !rule.Route.Contains('{', StringComparison.Ordinal) && rule.Route is not ("dashboard/live" or "dashboard/logs/live" or "dashboard/logout")))
        {
            using var answer = await visitor.GetAsync("/" + rule.Route);
            var expected = rule.Read <= role ? "let in" : role == Role.Member && rule.Route == "dashboard" ? "to /dashboard/mine" : "403";
            Assert.Equal($"{rule.Route} {expected}", $"{rule.Route} {(answer.StatusCode == HttpStatusCode.Forbidden ? "403" : answer.StatusCode == HttpStatusCode.Redirect && rule.Read > role ? "to " + answer.Headers.Location : "let in")}");
        }
    }

    [Fact]
    public async Task A_viewer_sees_the_facts_of_a_request_and_not_a_word_of_it()
    {
        using var viewer = await Visitor.EnterAsync(_nexus, "vera@views.example");
        var page = await viewer.PageAsync("/dashboard/request/" + _request);
        Assert.Contains("The content is not shown", page, StringComparison.Ordinal);
        foreach (var path in new[] { $"/dashboard/request/{_request}?view=raw", $"/dashboard/request/{_request}?view=headers", $"/dashboard/request/{_request}?view=events", "/dashboard/requests", "/dashboard", "/api/requests", "/api/export/requests" })
            Assert.DoesNotContain(Said, await viewer.PageAsync(path), StringComparison.Ordinal);
        foreach (var path in new[]
        {
            $"/dashboard/request/{_request}?handler=curl", $"/dashboard/request/{_request}?handler=Curl&handler=x", "/dashboard/conversations", "/dashboard/conversation/" + _request, $"/dashboard/conversation/{_request}?handler=export&format=json",
            $"/dashboard/compare?left={_request}&right={_request}", "/api/requests/" + _request, $"/api/requests/{_request}/body", $"/api/requests/{_request}/response", "/api/conversations", $"/api/conversations/{_request}", $"/api/conversations/{_request}/export",
            "/api/export/audit", "/api/export/keys", "/api/export/domains", "/api/export/job-runs", "/api/export/conversations", "/api/export/Conversations/?single=true", "/api/keys", "/dashboard/backups?handler=Download&name=x", "/dashboard/logs/live", "/jobs",
        })
            Assert.Equal($"{path} Forbidden", $"{path} {await viewer.StatusAsync(path)}");
        using var analyst = await Visitor.EnterAsync(_nexus, "ana@one.example");
        Assert.Contains(Said, await analyst.PageAsync("/dashboard/request/" + _request), StringComparison.Ordinal);
        Assert.Contains(Said, await analyst.PageAsync($"/api/requests/{_request}/body"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_asks_for_its_own_role_whatever_its_page_takes()
    {
        using var viewer = await Visitor.EnterAsync(_nexus, "vera@views.example");
        foreach (var path in new[] { "/dashboard/budgets?handler=Create", "/dashboard/budgets?handler=create", "/dashboard/health?handler=Check", "/dashboard/alerts?handler=Silence", "/dashboard/reports?handler=Make", "/dashboard/conformance", "/dashboard/prices?handler=Reprice" })
            using (var answer = await viewer.PostAsync("/dashboard/sessions", path))
                Assert.Equal($"{path} Forbidden", $"{path} {answer.StatusCode}");
        using (var reckons = await viewer.PostAsync("/dashboard/sessions", "/dashboard/budgets?handler=WhatIf"))
            Assert.Equal(HttpStatusCode.OK, reckons.StatusCode);
        using var @operator = await Visitor.EnterAsync(_nexus, "ope@one.example");
        foreach (var (path, status) in new[] { ("/dashboard/health?handler=Check", HttpStatusCode.Redirect), ("/dashboard/backups?handler=Delete&name=x", HttpStatusCode.Forbidden), ("/dashboard/logs?handler=Level", HttpStatusCode.Forbidden), ("/dashboard/domains", HttpStatusCode.Forbidden) })
            using (var answer = await @operator.PostAsync("/dashboard/sessions", path))
                Assert.Equal($"{path} {status}", $"{path} {answer.StatusCode}");
    }

    [Fact]
    public async Task A_refusal_says_who_one_is_and_which_role_is_needed_as_page_fragment_and_JSON_and_is_audited()
    {
        using var viewer = await Visitor.EnterAsync(_nexus, "vera@views.example");
        using (var page = await viewer.GetAsync("/dashboard/keys"))
        {
            var text = await page.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.Forbidden, page.StatusCode);
            Assert.Contains("This needs the role operator. vera@views.example has the role viewer.", text, StringComparison.Ordinal);
            Assert.Contains("ops@one.example gives roles", text, StringComparison.Ordinal);
            Assert.Contains("<html", text, StringComparison.Ordinal);
        }

        using (var fragment = await viewer.GetAsync("/dashboard/keys", ("HX-Request", "true")))
        {
            Assert.Equal("#toast", fragment.Headers.GetValues("HX-Retarget").Single());
            Assert.DoesNotContain("<html", await fragment.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using (var json = await viewer.GetAsync("/api/keys"))
            Assert.Equal("operator", (string?)JsonNode.Parse(await json.Content.ReadAsStringAsync())!["error"]!["needed"]);
        await NexusApp.UntilAsync(async () =>
        {
            await using var db = await _nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
            return await db.Audit.AnyAsync(row => row.Action == "role.refused" && row.Actor == "vera@views.example" && row.Subject == "GET /dashboard/keys");
        }, "the refusal is in the audit log");
    }

    [Fact]
    public async Task Pages_offer_what_one_may_open_and_the_key_in_a_header_stays_an_administrator_s()
    {
        using var viewer = await Visitor.EnterAsync(_nexus, "vera@views.example");
        var page = await viewer.PageAsync("/dashboard");
        Assert.DoesNotContain("href=\"/dashboard/keys\"", page, StringComparison.Ordinal);
        Assert.Contains("href=\"/dashboard/usage\"", page, StringComparison.Ordinal);
        Assert.Contains("<body class=\"as-viewer\">", page, StringComparison.Ordinal);
        using var program = Visitor.Of(_nexus);
        foreach (var path in new[] { "/api/keys", $"/api/requests/{_request}/body", "/api/export/audit", "/metrics" })
            using (var answer = await program.GetAsync(path, ("X-Dashboard-Key", NexusApp.Key)))
                Assert.Equal($"{path} OK", $"{path} {answer.StatusCode}");
    }

    [Fact]
    public async Task A_change_through_the_API_with_a_session_needs_the_token_of_a_page()
    {
        using var visitor = await Visitor.EnterAsync(_nexus, "ope@one.example");
        static StringContent Key() => new("""{"name":"laptop","owner":"ada","domain":"one.example"}""", System.Text.Encoding.UTF8, "application/json");
        using (var forged = await visitor.SendAsync(HttpMethod.Post, "/api/keys", Key()))
            Assert.Equal(HttpStatusCode.Forbidden, forged.StatusCode);
        using (var forged = await visitor.SendAsync(HttpMethod.Post, "/dashboard/logout"))
            Assert.Equal(HttpStatusCode.Forbidden, forged.StatusCode);
        using var made = await visitor.SendAsync(HttpMethod.Post, "/api/keys", Key(), ("RequestVerificationToken", await visitor.TokenAsync("/dashboard/sessions")));
        Assert.True(made.IsSuccessStatusCode, made.StatusCode.ToString());
    }
}
