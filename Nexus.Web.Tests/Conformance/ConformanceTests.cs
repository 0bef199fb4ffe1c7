using System.Net.Http.Json;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Api;
using Nexus.Web.Conformance;
using Nexus.Web.Credentials;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Proxy;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Conformance;

/// <summary>The wire contract as an executable suite, and that its checks can fail.</summary>
public sealed class ConformanceTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private string _database = "";
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Every_clause_holds_and_nothing_of_the_run_is_left()
    {
        await _nexus.ReadyAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/conformance") { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
        using var response = await _nexus.Dashboard.SendAsync(request);
        var report = await response.Content.ReadFromJsonAsync<ConformanceReport>(ApiFeature.Json);
        Assert.Equal("", string.Join('\n', report!.Checks.Where(check => !check.Passed).Select(check => $"{check.Name}: {string.Join("; ", check.Problems)}")));
        Assert.Equal(Contract.Checks.Select(check => check.Name), report.Checks.Select(check => check.Name));
        Assert.Equal((report.Checks.Count, 0), (report.Passed, report.Failed));

        Assert.Empty(_upstream.Requests);
        Assert.Empty(_nexus.Services.GetRequiredService<CredentialFiles>().All);
        Assert.DoesNotContain(_nexus.Services.GetRequiredService<AccountStates>().All, state => state.Id.StartsWith("conformance", StringComparison.Ordinal));
        await _nexus.MessageAsync("{}");
        await using var stored = StoredRequests.Open(_database);
        await stored.OnlyAsync();
    }

    [Fact]
    public void Names_are_unique_and_every_clause_says_what_it_demands()
    {
        Assert.Equal(Contract.Checks.Count, Contract.Checks.Select(check => check.Name).Distinct().Count());
        Assert.All(Contract.Checks, check => Assert.True(check.Clause.Length > 0 && check.Expect.Length > 0, check.Name));
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task What_a_careless_gateway_does_is_found()
    {
        // Between client and Nexus, as a proxy that buffers, adds, drops and re-tries would be.
        await using var careless = await FakeAnthropic.StartAsync();
        careless.Answer = CarelessAsync;
        var report = await _nexus.Services.GetRequiredService<ConformanceRun>().RunAsync(new Uri(careless.Url), CancellationToken.None);
        var broken = report!.Checks.Where(check => !check.Passed).Select(check => check.Name).ToHashSet();
        Assert.Superset(new HashSet<string> { "messages-beta-query", "stream-each-event", "stream-compressed", "headers-claude-code", "error-529", "cut-stream", "client-leaves", "batch-results-url", "credential-api-key", "wrong-key" }, broken);
    }

    [Fact]
    public async Task It_needs_no_database_and_only_the_dashboards_key_starts_it()
    {
        await using var alone = await NexusApp.StartAsync(_upstream);
        using (var stranger = await alone.Dashboard.PostAsync("/api/conformance", null))
            Assert.Equal(401, (int)stranger.StatusCode);
        using var early = new HttpRequestMessage(HttpMethod.Get, "/api/conformance") { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
        using (var none = await alone.Dashboard.SendAsync(early))
            Assert.Equal(404, (int)none.StatusCode);
        var run = alone.Services.GetRequiredService<ConformanceRun>();
        var both = await Task.WhenAll(run.RunAsync(null, CancellationToken.None), run.RunAsync(null, CancellationToken.None));
        Assert.Equal(0, Assert.Single(both, report => report is not null)!.Failed);
        using var later = new HttpRequestMessage(HttpMethod.Get, "/api/conformance") { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
        using var last = await alone.Dashboard.SendAsync(later);
        Assert.Equal(run.Last!.Passed, (await last.Content.ReadFromJsonAsync<ConformanceReport>(ApiFeature.Json))!.Passed);
    }

    [Fact]
    public async Task The_page_runs_it_and_shows_each_clause()
    {
        await _nexus.ReadyAsync();
        var session = await DashboardSession.StartAsync(_nexus);
        Assert.Contains("No run since this node started", await session.PageAsync("/dashboard/conformance"), StringComparison.Ordinal);
        var fragment = await session.PostAsync("/dashboard/conformance", "/dashboard/conformance", htmx: true);
        Assert.DoesNotContain("<html", fragment, StringComparison.Ordinal);
        Assert.Contains($"All {Contract.Checks.Count} clauses hold.", fragment, StringComparison.Ordinal);
        Assert.Contains("<code>stream-each-event</code>", await session.PageAsync("/dashboard/conformance"), StringComparison.Ordinal);
        Assert.DoesNotContain("<html", await session.PageAsync("/dashboard/conformance", htmx: true), StringComparison.Ordinal);
    }

    /// <summary>Forwards as code does that was written without the contract.</summary>
    private async Task CarelessAsync(HttpContext context)
    {
        var received = context.Features.Get<Received>()!;
        using var handler = new SocketsHttpHandler { AutomaticDecompression = System.Net.DecompressionMethods.All, UseProxy = false };
        using var client = new HttpClient(handler) { BaseAddress = _nexus.Proxy.BaseAddress };
        for (var attempt = 0; ; attempt++)
        {
            using var request = new HttpRequestMessage(new HttpMethod(received.Method), received.Target.Split('?')[0]);
            request.Headers.Host = received.Header("host");
            if (received.Header("authorization") is { } authorization)
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            if (received.Body.Length > 0)
                request.Content = new StringContent(Encoding.UTF8.GetString(received.Body), Encoding.UTF8, "application/json");
            try
            {
                using var response = await client.SendAsync(request);
                if ((int)response.StatusCode >= 500 && attempt == 0)
                    continue;
                context.Response.StatusCode = (int)response.StatusCode;
                context.Response.ContentType = "application/json";
                await context.Response.Body.WriteAsync(await response.Content.ReadAsByteArrayAsync());
                return;
            }
            catch (HttpRequestException)
            {
                context.Response.StatusCode = 200;
                return;
            }
        }
    }
}
