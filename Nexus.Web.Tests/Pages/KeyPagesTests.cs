using System.Net;
using System.Text.RegularExpressions;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed partial class KeyPagesTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Streams.Json);
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync(), null, NexusApp.Pays("team.example.com", """{"type":"api_key","api_key":"sk-ant-team"}"""));
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
        await NexusApp.UntilAsync(async () => (await _session.PageAsync("/dashboard/domains", htmx: true)).Contains("account team.example.com", StringComparison.Ordinal), "the credential file is in force");
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_key_is_made_shown_once_tested_rotated_and_revoked(bool htmx)
    {
        Assert.Contains("No key yet", await _session.PageAsync("/dashboard/keys", htmx), StringComparison.Ordinal);
        var made = await _session.PostAsync("/dashboard/keys", "/dashboard/keys?handler=Create", htmx, ("name", "laptop"), ("owner", "ada"), ("domain", "team.example.com"), ("models", "claude-*"), ("expires", "90d"), ("capture", ""), ("reason", ""));
        Assert.Equal(!htmx, made.Contains("<html", StringComparison.Ordinal));
        var key = Key().Match(made).Value;
        Assert.Contains("export ANTHROPIC_AUTH_TOKEN=" + key, made, StringComparison.Ordinal);
        var list = await _session.PageAsync("/dashboard/keys", htmx);
        Assert.DoesNotContain(key, list, StringComparison.Ordinal);
        Assert.Contains("…" + key[^4..], list, StringComparison.Ordinal);
        Assert.Contains("No key matches", await _session.PageAsync("/dashboard/keys?state=revoked", htmx), StringComparison.Ordinal);

        await _nexus.KnowsAsync(key);
        Assert.Contains("It works.", await _session.PostAsync("/dashboard/keys", "/dashboard/keys?handler=Test", htmx, ("key", key), ("domain", "team.example.com")), StringComparison.Ordinal);
        Assert.Equal("/v1/models?limit=1", _upstream.Requests.Last().Target);
        var refused = await _session.PostAsync("/dashboard/keys", "/dashboard/keys?handler=Test", htmx, ("key", key), ("domain", "open.example.com"));
        Assert.Contains("It is refused.", refused, StringComparison.Ordinal);

        var page = "/dashboard/key/" + Id().Match(list).Groups[1].Value;
        Assert.Contains("Saved.", await _session.PostAsync(page, page + "?handler=Edit", htmx, ("name", "desk"), ("owner", "grace"), ("domain", ""), ("models", ""), ("expires", ""), ("capture", "off"), ("reason", "asked for")), StringComparison.Ordinal);
        Assert.Contains("needs its reason", await _session.PostAsync(page, page + "?handler=Edit", htmx, ("name", "desk"), ("owner", "grace"), ("domain", ""), ("models", ""), ("expires", ""), ("capture", "off"), ("reason", "")), StringComparison.Ordinal);
        var rotated = await _session.PostAsync(page, page + "?handler=Rotate", htmx, ("overlap", "1h"));
        Assert.NotEqual(key, Key().Match(rotated).Value);
        Assert.Contains("ending", await _session.PageAsync(page, htmx), StringComparison.Ordinal);
        await _session.PostAsync(page, page + "?handler=Revoke", htmx);
        Assert.Contains("revoked", await _session.PageAsync(page, htmx), StringComparison.Ordinal);
        await NexusApp.UntilAsync(async () => await _nexus.StatusAsync("team.example.com", key) == HttpStatusCode.Unauthorized, "the key is revoked");
    }

    [Fact]
    public async Task A_wrong_form_says_what_is_wrong_and_keeps_what_was_typed()
    {
        var answer = await _session.PostAsync("/dashboard/keys", "/dashboard/keys?handler=Create", htmx: true, ("name", "laptop"), ("owner", ""), ("domain", "a/b"), ("models", ""), ("expires", "soon"), ("capture", ""), ("reason", ""));
        Assert.Contains("neither an ISO 8601 time", answer, StringComparison.Ordinal);
        Assert.Contains("value=\"laptop\"", answer, StringComparison.Ordinal);
        Assert.Contains("value=\"a/b\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_post_without_the_forms_token_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/dashboard/keys?handler=Create") { Headers = { { "Cookie", _session.Cookie } }, Content = new FormUrlEncodedContent([new("name", "x")]) };
        using var answer = await _nexus.Dashboard.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_domains_level_is_set_with_its_reason_and_taken_back(bool htmx)
    {
        await _session.RequestAsync(host: "open.example.com");
        var page = await _session.PageAsync("/dashboard/domains", htmx);
        Assert.Contains("callers, with their own credential", page, StringComparison.Ordinal);
        Assert.Contains("account team.example.com", page, StringComparison.Ordinal);
        Assert.Contains("needs its reason", await _session.PostAsync("/dashboard/domains", "/dashboard/domains", htmx, ("domain", "open.example.com"), ("capture", "metadata"), ("reason", "")), StringComparison.Ordinal);
        var set = await _session.PostAsync("/dashboard/domains", "/dashboard/domains", htmx, ("domain", "open.example.com"), ("capture", "metadata"), ("reason", "their contract"));
        Assert.Contains("their contract", set, StringComparison.Ordinal);
        Assert.Equal(!htmx, set.Contains("<html", StringComparison.Ordinal));
        await _session.PostAsync("/dashboard/domains", "/dashboard/domains", htmx, ("domain", "open.example.com"), ("capture", ""), ("reason", ""));
        Assert.DoesNotContain("their contract", await _session.PageAsync("/dashboard/domains", htmx), StringComparison.Ordinal);
    }

    [GeneratedRegex("cnp_live_[A-Za-z0-9_-]{43}")]
    private static partial Regex Key();

    [GeneratedRegex("/dashboard/key/(key_[a-z0-9]+)")]
    private static partial Regex Id();
}
