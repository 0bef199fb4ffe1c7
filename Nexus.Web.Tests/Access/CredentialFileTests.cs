using System.Net;
using System.Net.Http.Headers;
using Nexus.Web.Access;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Access;

public sealed class CredentialFileTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", "{}"u8.ToArray());
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync(), null, NexusApp.Pays("team.example.com", """{"type":"api_key","api_key":"sk-ant-team","client_api_key":"cnp_live_k"}"""));
        await NexusApp.UntilAsync(async () => (await AskAsync("cnp_live_x")).Status == HttpStatusCode.Unauthorized, "the managed keys are known");
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("Authorization", "Bearer cnp_live_k")]
    [InlineData("x-api-key", "cnp_live_k")]
    public async Task The_account_pays_and_the_nexus_key_never_goes_upstream(string header, string value)
    {
        _upstream.Requests.Clear();
        using var request = Request();
        request.Headers.TryAddWithoutValidation(header, value);
        using var response = await _nexus.Proxy.SendAsync(request);
        var received = Assert.Single(_upstream.Requests);
        Assert.Equal("sk-ant-team", received.Header("x-api-key"));
        Assert.DoesNotContain(received.Headers, line => line.Value.Contains("cnp_live_k", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_key_is_refused_for_good()
    {
        _upstream.Requests.Clear();
        var (status, headers) = await AskAsync("cnp_live_x");
        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Equal("false", headers.GetValues("x-should-retry").Single());
        Assert.Empty(_upstream.Requests);
    }

    [Fact]
    public async Task A_file_without_a_client_key_lets_nobody_in()
    {
        _nexus.WriteCredential("team.example.com", """{"type":"api_key","api_key":"sk-ant-team"}""");
        await NexusApp.UntilAsync(async () => (await AskAsync("cnp_live_k")).Status == HttpStatusCode.Forbidden, "the changed file is in force");
    }

    [Theory]
    [InlineData("Team.Example.com:8443", "team.example.com")]
    [InlineData("team.example.com.", "team.example.com")]
    [InlineData("localhost:3000", "localhost:3000")]
    [InlineData("127.0.0.1:3000", "127.0.0.1:3000")]
    [InlineData("[::1]:3000", "[::1]:3000")]
    [InlineData("../secrets", null)]
    [InlineData("a..b", null)]
    [InlineData("a/b", null)]
    [InlineData("", null)]
    public void The_domain_is_the_host_and_can_never_leave_the_directory(string host, string? domain) => Assert.Equal(domain, RequestDomain.From(host));

    private static HttpRequestMessage Request() => new(HttpMethod.Post, "/v1/messages") { Content = new StringContent("{}"), Headers = { Host = "team.example.com" } };

    private async Task<(HttpStatusCode Status, HttpResponseHeaders Headers)> AskAsync(string key)
    {
        using var request = Request();
        request.Headers.TryAddWithoutValidation("x-api-key", key);
        using var response = await _nexus.Proxy.SendAsync(request);
        return (response.StatusCode, response.Headers);
    }
}
