using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Access.SignIn;

/// <summary>Signing in with an OpenID provider that runs here, over HTTP from end to end.</summary>
public sealed class OpenIdTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private FakeOpenId _provider = null!;
    private NexusApp? _nexus;

    public async Task InitializeAsync() => (_upstream, _provider) = (await FakeAnthropic.StartAsync(), await FakeOpenId.StartAsync());

    public async Task DisposeAsync()
    {
        if (_nexus is not null)
            await _nexus.DisposeAsync();
        await _provider.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Somebody_signs_in_with_PKCE_is_led_to_where_they_went_and_leaves()
    {
        var nexus = await StartAsync(await Postgres.NewDatabaseAsync(), ("DASHBOARD_ROLES", "ada@one.example=operator"));
        await nexus.ReadyAsync();
        using var ada = Visitor.Of(nexus, follows: true);
        var login = await ada.PageAsync("/dashboard/requests?status=529");
        Assert.Contains("Sign in with Example ID", login, StringComparison.Ordinal);
        Assert.Contains("name=\"key\"", login, StringComparison.Ordinal);
        using (var entered = await ada.GetAsync("/dashboard/login?handler=oidc&returnUrl=%2Fdashboard%2Frequests%3Fstatus%3D529"))
            Assert.Equal("/dashboard/requests?status=529", entered.RequestMessage!.RequestUri!.PathAndQuery);
        Assert.Contains("You are ada@one.example, with the role operator", await ada.PageAsync("/dashboard/sessions"), StringComparison.Ordinal);
        var asked = Assert.Single(_provider.Asked);
        Assert.Equal("openid profile email", asked["scope"]);
        Assert.Equal(new Uri(nexus.Dashboard.BaseAddress!, "/dashboard/oidc/callback").ToString(), asked["redirect_uri"]);
        Assert.False(asked.ContainsKey("prompt"));
        using (var left = await ada.PostAsync("/dashboard/sessions", "/dashboard/logout"))
            Assert.Contains("You are signed out.", await left.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        // Who has signed out is asked by the provider who they are: the next at this machine may be somebody else.
        using (await ada.GetAsync("/dashboard/login?handler=oidc&anew=true"))
            Assert.Equal("login", _provider.Asked.Last()["prompt"]);
        await AuditedAsync(nexus, "login.succeeded", "ada@one.example", "oidc");
        await AuditedAsync(nexus, "login.ended", "ada@one.example", null);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task Who_logs_out_is_signed_out_at_a_provider_that_can_do_that_where_an_operator_wants_it(string wanted)
    {
        _provider.SignsOut = true;
        var nexus = await StartAsync(null, ("DASHBOARD_DEFAULT_ROLE", "viewer"), ("OIDC_SIGN_OUT", wanted));
        using var ada = Visitor.Of(nexus, follows: true);
        await ada.PageAsync("/dashboard/login?handler=oidc&returnUrl=/dashboard/sessions");
        using var answer = await ada.PostAsync("/dashboard/sessions", "/dashboard/logout");
        var page = await answer.Content.ReadAsStringAsync();
        if (wanted == "true")
        {
            // A page that goes on by itself: a form leads to no other site.
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains("Example ID is asked to sign you out as well", page, StringComparison.Ordinal);
            var address = WebUtility.HtmlDecode(Regex.Match(page, "<meta http-equiv=\"refresh\" content=\"0; url=([^\"]+)\"").Groups[1].Value);
            Assert.StartsWith(_provider.Url + "/leave?realm=team&", address, StringComparison.Ordinal);
            page = await ada.PageAsync(address);
            var left = Assert.Single(_provider.Left);
            Assert.Equal(FakeOpenId.ClientId, left["client_id"]);
            Assert.Equal(new Uri(nexus.Dashboard.BaseAddress!, "/dashboard/oidc/signed-out").ToString(), left["post_logout_redirect_uri"]);
            Assert.Equal(3, left["id_token_hint"].Split('.').Length);
        }

        Assert.Contains("You are signed out.", page, StringComparison.Ordinal);
        Assert.Equal(wanted == "true" ? 1 : 0, _provider.Left.Count);
        using var plain = Visitor.Of(nexus);
        plain.Cookies.Add(ada.Cookies.GetAllCookies());
        Assert.Equal(HttpStatusCode.Redirect, await plain.StatusAsync("/dashboard/sessions"));
    }

    [Fact]
    public async Task Groups_come_from_the_token_or_from_userinfo_and_decide()
    {
        _provider.UserInfo["groups"] = new[] { "staff", "/platform" };
        var nexus = await StartAsync(null, ("DASHBOARD_ROLES", "group:/platform=analyst"), ("OIDC_ALLOWED_GROUPS", "staff"));
        Assert.Contains("with the role analyst", await SignedInAsync(nexus), StringComparison.Ordinal);
        _provider.UserInfo.Remove("groups");
        Assert.Contains("in none of the groups", await RefusedAsync(nexus), StringComparison.Ordinal);
        _provider.Claims["groups"] = new[] { "staff" };
        Assert.Contains("nobody has given you a role", await RefusedAsync(nexus), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_may_not_is_told_why_and_it_is_audited()
    {
        var nexus = await StartAsync(await Postgres.NewDatabaseAsync(), ("DASHBOARD_DEFAULT_ROLE", "member"), ("OIDC_ALLOWED_DOMAINS", "one.example"), ("DASHBOARD_CONTACT", "ops@one.example"));
        await nexus.ReadyAsync();
        Assert.Contains("with the role member", await SignedInAsync(nexus), StringComparison.Ordinal);
        _provider.Claims["email_verified"] = false;
        Assert.Contains("does not say that ada@one.example is a verified address", await RefusedAsync(nexus), StringComparison.Ordinal);
        _provider.Claims.Remove("email_verified");
        Assert.Contains("OIDC_TRUST_EMAIL=true", await RefusedAsync(nexus), StringComparison.Ordinal);
        _provider.Claims["email_verified"] = true;
        _provider.Claims["email"] = "eve@one.example.evil.example";
        var page = await RefusedAsync(nexus);
        Assert.Contains("eve@one.example.evil.example is not an address of a domain that may sign in here.", page, StringComparison.Ordinal);
        Assert.Contains("Ask ops@one.example.", page, StringComparison.Ordinal);
        _provider.Claims.Remove("email");
        _provider.Claims["preferred_username"] = "ada@one.example";
        Assert.Contains("sub:u-1 is not an address", await RefusedAsync(nexus), StringComparison.Ordinal);
        await NexusApp.UntilAsync(async () =>
        {
            await using var db = await nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
            return await db.Audit.AnyAsync(row => row.Action == "login.refused" && row.Subject == "eve@one.example.evil.example");
        }, "the refusal is in the audit log");
    }

    [Fact]
    public async Task An_address_that_the_provider_says_nothing_of_is_trusted_only_when_told_and_one_that_is_not_verified_never()
    {
        var nexus = await StartAsync(null, ("DASHBOARD_ROLES", "@one.example=viewer"), ("OIDC_TRUST_EMAIL", "true"));
        _provider.Claims.Remove("email_verified");
        Assert.Contains("You are ada@one.example", await SignedInAsync(nexus), StringComparison.Ordinal);
        _provider.Claims["email_verified"] = false;
        Assert.Contains("does not say that", await RefusedAsync(nexus), StringComparison.Ordinal);
        // An id of the provider's that looks like an address is none.
        _provider.Claims.Remove("email_verified");
        _provider.Claims.Remove("email");
        (_provider.Claims["sub"], _provider.UserInfo["sub"]) = ("eve@one.example", "eve@one.example");
        Assert.Contains("You are sub:eve@one.example, and nobody has given you a role", await RefusedAsync(nexus), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("state", "Begin it again from here")]
    [InlineData("nonce", "Begin it again from here")]
    [InlineData("expired", "had expired")]
    [InlineData("denied", "did not let you in")]
    [InlineData("signature", "cannot be trusted")]
    [InlineData("issuer", "cannot be trusted")]
    [InlineData("audience", "cannot be trusted")]
    public async Task An_answer_that_is_not_good_signs_nobody_in_and_says_what_to_do(string what, string words)
    {
        var nexus = await StartAsync(null, ("DASHBOARD_DEFAULT_ROLE", "viewer"));
        _provider.Forged = what == "signature";
        (_provider.OtherIssuer, _provider.OtherAudience) = (what == "issuer" ? "https://id.evil.example" : null, what == "audience" ? "another-client" : null);
        (_provider.OtherState, _provider.OtherNonce, _provider.Error, _provider.Lasts) = (what == "state" ? "forged" : null, what == "nonce" ? "forged" : null, what == "denied" ? "access_denied" : null, what == "expired" ? TimeSpan.FromMinutes(-30) : TimeSpan.FromMinutes(5));
        using var visitor = Visitor.Of(nexus, follows: true);
        var page = await visitor.PageAsync("/dashboard/login?handler=oidc");
        Assert.Contains(words, page, StringComparison.Ordinal);
        Assert.Contains("name=\"key\"", page, StringComparison.Ordinal);
        using var plain = Visitor.Of(nexus);
        plain.Cookies.Add(visitor.Cookies.GetAllCookies());
        Assert.Equal(HttpStatusCode.Redirect, await plain.StatusAsync("/dashboard/sessions"));
    }

    [Fact]
    public async Task Without_the_provider_the_page_says_so_and_the_key_is_a_way_in()
    {
        var nexus = await StartAsync(null, ("DASHBOARD_DEFAULT_ROLE", "viewer"));
        await _provider.DisposeAsync();
        using var visitor = Visitor.Of(nexus);
        using (var away = await visitor.GetAsync("/dashboard/login?handler=oidc"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
            var page = await away.Content.ReadAsStringAsync();
            Assert.Contains("Example ID cannot be reached", page, StringComparison.Ordinal);
            Assert.Contains("name=\"key\"", page, StringComparison.Ordinal);
        }

        using var entered = await visitor.PostAsync("/dashboard/login", "/dashboard/login", ("key", NexusApp.Key));
        Assert.Equal("/dashboard", entered.Headers.Location?.ToString());
        _provider = await FakeOpenId.StartAsync();
    }

    private async Task<NexusApp> StartAsync(string? database, params (string Name, string Value)[] more) => _nexus = await NexusApp.StartAsync(_upstream, database, settings: _provider.Settings(more));

    private static async Task<string> SignedInAsync(NexusApp nexus)
    {
        using var visitor = Visitor.Of(nexus, follows: true);
        return await visitor.PageAsync("/dashboard/login?handler=oidc&returnUrl=/dashboard/sessions");
    }

    private static async Task<string> RefusedAsync(NexusApp nexus)
    {
        using var visitor = Visitor.Of(nexus, follows: true);
        using var answer = await visitor.GetAsync("/dashboard/login?handler=oidc");
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private static Task AuditedAsync(NexusApp nexus, string action, string actor, string? details) => NexusApp.UntilAsync(async () =>
    {
        await using var db = await nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
        var entries = await db.Audit.AsNoTracking().Where(row => row.Action == action && row.Actor == actor).ToListAsync();
        return entries.Exists(row => details is null || row.Details!.Contains(details, StringComparison.Ordinal));
    }, $"{action} is in the audit log");
}
