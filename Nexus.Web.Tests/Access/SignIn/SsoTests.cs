using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Access.SignIn;
using Nexus.Web.Configuration;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Access.SignIn;

/// <summary>Signing in by the word of a proxy.</summary>
public sealed class SsoTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;

    public async Task InitializeAsync() => _upstream = await FakeAnthropic.StartAsync();

    public async Task DisposeAsync() => await _upstream.DisposeAsync();

    [Fact]
    public async Task Whom_the_proxy_vouches_for_is_signed_in_and_led_to_where_they_went_without_a_database()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, settings: Visitor.SingleSignOn("Ada@One.example=operator"));
        using var ada = Visitor.Of(nexus, "ada@one.example", follows: true);
        Assert.Contains("You are ada@one.example, with the role operator", await ada.PageAsync("/dashboard/sessions"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_headers_of_anybody_else_say_nothing()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, settings: Visitor.SingleSignOn("ada@one.example=operator", ("TRUSTED_PROXIES", "192.0.2.1")));
        using var stranger = Visitor.Of(nexus, "ada@one.example");
        using var login = await stranger.GetAsync("/dashboard/login");
        var page = await login.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, login.StatusCode);
        Assert.DoesNotContain("ada@one.example", page, StringComparison.Ordinal);
        using var post = await stranger.PostAsync("/dashboard/login", "/dashboard/login?handler=sso");
        Assert.Equal(HttpStatusCode.Unauthorized, post.StatusCode);
    }

    [Theory]
    [InlineData("eve@two.example", "is not an address of a domain")]
    [InlineData("bob@one.example", "nobody has given you a role")]
    [InlineData("dashboard", "by a name that Nexus cannot use")]
    [InlineData("ada@one.example, boss@one.example", "by a name that Nexus cannot use")]
    public async Task Who_may_not_is_told_why_and_whom_to_ask(string name, string why)
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, settings: Visitor.SingleSignOn("ada@one.example=operator", ("DASHBOARD_SSO_ALLOWED_DOMAINS", name == "dashboard" ? "" : "one.example"), ("DASHBOARD_CONTACT", "Grace, ext. 7")));
        using var visitor = Visitor.Of(nexus, name);
        using var answer = await visitor.GetAsync("/dashboard/login");
        using var page = await visitor.GetAsync(answer.Headers.Location!.ToString());
        var text = await page.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.Forbidden, page.StatusCode);
        Assert.Contains(why, text, StringComparison.Ordinal);
        Assert.Contains("Ask Grace, ext. 7.", text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Redirect, await visitor.StatusAsync("/dashboard/sessions"));
    }

    [Fact]
    public async Task Two_names_at_once_are_nobody_and_groups_give_roles()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, settings: Visitor.SingleSignOn("group:ops=operator; group:CN=Staff,OU=One=viewer", ("DASHBOARD_SSO_GROUPS_HEADER", "X-Auth-Request-Groups")));
        using var ada = Visitor.Of(nexus, "ada@one.example");
        // An HttpClient would send both in one line.
        using (var raw = await RawClient.ConnectAsync(nexus.Dashboard.BaseAddress!))
        {
            await raw.SendAsync($"GET /dashboard/login HTTP/1.1\r\nHost: x\r\n{Visitor.Header}: ada@one.example\r\n{Visitor.Header}: boss@one.example\r\nX-Auth-Request-Groups: ops\r\n\r\n");
            var twice = await raw.ReadAsync();
            Assert.Equal(200, twice.Status);
            Assert.DoesNotContain("Go on as", twice.Text, StringComparison.Ordinal);
        }

        using (var none = await ada.GetAsync("/dashboard/login"))
            Assert.StartsWith("/dashboard/refused", none.Headers.Location?.ToString(), StringComparison.Ordinal);
        using (var entered = await ada.GetAsync("/dashboard/login", ("X-Auth-Request-Groups", "staff, ops")))
            Assert.Equal("/dashboard", entered.Headers.Location?.ToString());
        using (var sessions = await ada.GetAsync("/dashboard/sessions", ("X-Auth-Request-Groups", "ops")))
            Assert.Contains("with the role operator", await sessions.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        // What the proxy says now holds, not what it said at the sign-in.
        using (var sessions = await ada.GetAsync("/dashboard/sessions", ("X-Auth-Request-Groups", "CN=Staff")))
            Assert.Equal(HttpStatusCode.Redirect, sessions.StatusCode);
    }

    [Fact]
    public async Task A_session_that_holds_is_not_begun_anew_and_one_that_was_ended_does_not_come_back_by_itself()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, settings: Visitor.SingleSignOn("@one.example=viewer"));
        var book = nexus.Services.GetRequiredService<SessionBook>();
        using var ada = await Visitor.EnterAsync(nexus, "ada@one.example");
        using (var again = await ada.GetAsync("/dashboard/login?returnUrl=/dashboard/usage"))
            Assert.Equal("/dashboard/usage", again.Headers.Location?.ToString());
        var session = Assert.Single(book.Open);
        Assert.True(book.End(session.Row.Id, "boss"));
        using (var part = await ada.GetAsync("/dashboard/sessions", ("HX-Request", "true"), ("HX-Current-URL", "http://x/dashboard/sessions?a=b")))
            Assert.Equal("/dashboard/login?ReturnUrl=%2Fdashboard%2Fsessions%3Fa%3Db&ended=ended", Assert.Single(part.Headers.GetValues("HX-Redirect")));
        // Also by the bare address of the login.
        Assert.Contains("Your session was ended.", await ada.PageAsync("/dashboard/login"), StringComparison.Ordinal);
        Assert.Empty(book.Open);
        using var word = await ada.PostAsync("/dashboard/login", "/dashboard/login?handler=sso");
        Assert.Equal("/dashboard", word.Headers.Location?.ToString());
        Assert.Single(book.Open);
    }

    [Fact]
    public async Task A_probe_that_keeps_no_cookie_has_one_session_and_one_entry_however_often_it_comes()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync(), settings: Visitor.SingleSignOn("@one.example=viewer"));
        await nexus.ReadyAsync();
        for (var i = 0; i < 5; i++)
            using (await Visitor.EnterAsync(nexus, "probe@one.example", "curl/8.0"))
                Assert.Single(nexus.Services.GetRequiredService<SessionBook>().Open);
        using var elsewhere = await Visitor.EnterAsync(nexus, "probe@one.example", "Browser/1.0");
        Assert.Equal(2, nexus.Services.GetRequiredService<SessionBook>().Open.Count);
        // Entries are written in order: with the last one all are there.
        using var last = await Visitor.EnterAsync(nexus, "last@one.example");
        await NexusApp.UntilAsync(async () => await CountAsync("last@one.example") == 1, "who came last is in the audit log");
        Assert.Equal(2, await CountAsync("probe@one.example"));

        async Task<int> CountAsync(string name)
        {
            await using var db = await nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
            return await db.Audit.CountAsync(row => row.Action == "login.succeeded" && row.Actor == name);
        }
    }

    [Fact]
    public async Task Of_two_headers_that_name_different_people_neither_is_believed()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, settings: Visitor.SingleSignOn("@one.example=viewer", ("DASHBOARD_SSO_HEADERS", "X-Forwarded-Email," + Visitor.Header)));
        using var ada = Visitor.Of(nexus, "ada@one.example");
        foreach (var forged in new[] { "boss@one.example", "" })
            using (var login = await ada.GetAsync("/dashboard/login", ("X-Forwarded-Email", forged)))
                Assert.Equal(HttpStatusCode.OK, login.StatusCode);
        using (var same = await ada.GetAsync("/dashboard/login", ("X-Forwarded-Email", "ada@one.example")))
            Assert.Equal("/dashboard", same.Headers.Location?.ToString());
        using var stranger = await ada.GetAsync("/dashboard/sessions", ("X-Forwarded-Email", "boss@one.example"));
        Assert.Equal(HttpStatusCode.Redirect, stranger.StatusCode);
    }

    [Fact]
    public async Task A_session_holds_for_whom_the_proxy_names_alone_and_who_left_comes_back_by_their_own_word()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, settings: Visitor.SingleSignOn("@one.example=viewer"));
        using var ada = await Visitor.EnterAsync(nexus, "ada@one.example");
        using (var bob = new HttpRequestMessage(HttpMethod.Get, "/dashboard/sessions") { Headers = { { Visitor.Header, "bob@one.example" }, { "Cookie", ada.Cookies.GetCookieHeader(nexus.Dashboard.BaseAddress!) } } })
        using (var answer = await nexus.Dashboard.SendAsync(bob))
            Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        using (var left = await ada.PostAsync("/dashboard/sessions", "/dashboard/logout"))
            Assert.Equal("/dashboard/login?ended=left", left.Headers.Location?.ToString());
        var login = await ada.PageAsync("/dashboard/login?ended=left");
        Assert.Contains("You are signed out.", login, StringComparison.Ordinal);
        Assert.Contains("Go on as ada@one.example", login, StringComparison.Ordinal);
        using var again = await ada.PostAsync("/dashboard/login?ended=left", "/dashboard/login?handler=sso");
        Assert.Equal("/dashboard", again.Headers.Location?.ToString());
    }

    [Theory]
    [InlineData("DASHBOARD_SSO_HEADERS is set and TRUSTED_PROXIES is not", "DASHBOARD_SSO_HEADERS", "X-Forwarded-Email", "DASHBOARD_DEFAULT_ROLE", "viewer")]
    [InlineData("gives anybody a role", "DASHBOARD_SSO_HEADERS", "X-Forwarded-Email", "TRUSTED_PROXIES", "127.0.0.1")]
    [InlineData("OIDC_CLIENT_ID is not", "OIDC_AUTHORITY", "https://id.example", "DASHBOARD_DEFAULT_ROLE", "viewer")]
    [InlineData("OIDC_AUTHORITY is not", "OIDC_CLIENT_ID", "nexus")]
    [InlineData("who stands between", "OIDC_AUTHORITY", "http://id.example", "OIDC_CLIENT_ID", "nexus", "DASHBOARD_DEFAULT_ROLE", "viewer")]
    [InlineData("everybody with a Google account", "OIDC_AUTHORITY", "https://accounts.google.com", "OIDC_CLIENT_ID", "nexus", "DASHBOARD_DEFAULT_ROLE", "viewer")]
    [InlineData("'king' is no role", "DASHBOARD_ROLES", "ada@one.example=king")]
    [InlineData("is not somebody=role", "DASHBOARD_ROLES", "ada@one.example")]
    public async Task Settings_that_let_in_nobody_or_everybody_end_the_start(string problem, params string[] settings)
    {
        var error = await Assert.ThrowsAsync<ConfigurationProblemsException>(() => NexusApp.StartAsync(_upstream, settings: [.. settings.Chunk(2).Select(pair => (pair[0], pair[1]))]));
        Assert.Contains(problem, Assert.Single(error.Problems), StringComparison.Ordinal);
    }
}
