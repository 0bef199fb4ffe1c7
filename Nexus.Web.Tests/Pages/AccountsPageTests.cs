using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class AccountsPageTests : IAsyncLifetime
{
    private PoolNexus _nexus = null!;
    private DashboardSession _session = null!;

    public async Task InitializeAsync()
    {
        _nexus = await PoolNexus.StartAsync();
        await _nexus.App.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus.App);
    }

    public async Task DisposeAsync() => await _nexus.DisposeAsync();

    [Fact]
    public async Task An_account_shows_its_windows_and_cooldown_and_the_next_pick_goes_around_it()
    {
        _nexus.Upstreams[0].Answer = exchange => exchange.SendAsync(PoolNexus.Error(429, "rate_limit_error", "retry-after: 300", "anthropic-ratelimit-unified-status: rejected", "anthropic-ratelimit-unified-5h-utilization: 0.97", $"anthropic-ratelimit-unified-5h-reset: {DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds()}"));
        var next = $"/dashboard/accounts?domain={PoolNexus.Pool}&model={PoolNexus.Model}&session={PoolNexus.Session}";
        Assert.Contains($"<li><strong>{_nexus[0].Id}</strong>", First(await _session.PageAsync(next)), StringComparison.Ordinal);
        Assert.Equal(200, (await _nexus.AskAsync(PoolNexus.Pool)).Status);
        foreach (var htmx in new[] { false, true })
        {
            var page = await _session.PageAsync("/dashboard/accounts", htmx);
            Assert.Equal(!htmx, page.Contains("<html", StringComparison.Ordinal));
            Assert.Contains("97 % used", page, StringComparison.Ordinal);
            Assert.Contains("the upstream answered 429", page, StringComparison.Ordinal);
            page = await _session.PageAsync(next, htmx);
            Assert.Equal(!htmx, page.Contains("<html", StringComparison.Ordinal));
            Assert.Contains($"<li><strong>{_nexus[1].Id}</strong>", First(page), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_an_operator_does_holds_at_once_and_is_in_the_audit_log()
    {
        await ActAsync("pause");
        Assert.Equal(AccountMode.Paused, _nexus[0].Status.Mode);
        Assert.Equal(200, (await _nexus.AskAsync(PoolNexus.Pool)).Status);
        Assert.Empty(_nexus.Upstreams[0].Requests);
        Assert.Contains("draining", await ActAsync("drain"), StringComparison.Ordinal);
        Assert.Contains("is asked again", await ActAsync("resume"), StringComparison.Ordinal);
        Assert.Equal(200, (await _nexus.AskAsync(PoolNexus.Pool)).Status);
        Assert.Single(_nexus.Upstreams[0].Requests);
        _nexus.Upstreams[0].Answer = exchange => exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
        Assert.Contains("took the credential", await ActAsync("test"), StringComparison.Ordinal);
        await using var scope = _nexus.App.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<NexusDbContext>();
        Assert.Equal(["account.paused", "account.draining", "account.resumed", "account.tested"], await db.Audit.Where(row => row.Subject == _nexus[0].Id).OrderBy(row => row.Id).Select(row => row.Action).ToListAsync());
        Assert.Equal("active", (await db.AccountStates.SingleAsync(row => row.AccountId == _nexus[0].Id)).Mode);
    }

    [Fact]
    public async Task A_paused_only_account_is_answered_503_with_where_to_resume_it()
    {
        _nexus.App.Services.GetRequiredService<AccountStates>().Of("acc_single").Change(status => status.WithMode(AccountMode.Paused, "ada", DateTimeOffset.UtcNow));
        var answer = await _nexus.AskAsync(PoolNexus.Single);
        Assert.Equal((503, "false"), (answer.Status, answer.Header("x-should-retry")));
        Assert.Contains("Accounts page", answer.Text, StringComparison.Ordinal);
        Assert.Equal(("refused", 503, null), await _nexus.LedgerAsync(answer));
    }

    [Fact]
    public async Task A_request_shows_its_attempts_with_the_upstream_s_headers()
    {
        _nexus.Upstreams[0].Answer = exchange => exchange.SendAsync(PoolNexus.Error(529, "overloaded_error", "request-id: req_failed"));
        var answer = await _nexus.AskAsync(PoolNexus.Pool);
        await _nexus.LedgerAsync(answer);
        var page = await _session.PageAsync("/dashboard/request/" + answer.Header("x-nexus-request-id"));
        Assert.Contains("2 attempts", page, StringComparison.Ordinal);
        Assert.Contains("request-id: req_failed", page, StringComparison.Ordinal);
        Assert.Contains(_nexus[0].Id, page, StringComparison.Ordinal);
        Assert.Contains("its answer went to the caller", page, StringComparison.Ordinal);
    }

    private Task<string> ActAsync(string action) => _session.PostAsync("/dashboard/accounts", "/dashboard/accounts", htmx: true, ("account", _nexus[0].Id), ("action", action));

    /// <summary>The first of the next pick.</summary>
    private static string First(string page)
    {
        var from = page.IndexOf("<ol>", StringComparison.Ordinal);
        return page[from..page.IndexOf("</li>", from, StringComparison.Ordinal)];
    }
}
