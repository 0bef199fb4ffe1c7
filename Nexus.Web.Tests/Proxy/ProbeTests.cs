using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Proxy;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Proxy;

/// <summary>What clients ask beside the API: answered by Nexus itself, without credential, and without a trace in the ledger.</summary>
public sealed class ProbeTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _nexus = await NexusApp.StartAsync(_upstream);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData("HEAD", "/")]
    [InlineData("GET", "/")]
    [InlineData("HEAD", "/api/hello")]
    [InlineData("GET", "/api/hello")]
    [InlineData("POST", "/api/event_logging/batch")]
    [InlineData("POST", "/api/event_logging/v2/batch")]
    public async Task It_is_answered_without_forwarding_and_is_no_failed_login(string method, string target)
    {
        // Far more than the wrong keys that one address may send.
        for (var i = 0; i < 15; i++)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), target) { Content = method == "POST" ? new StringContent("""{"events":[]}""") : null };
            request.Headers.TryAddWithoutValidation("x-api-key", "cnp_live_wrong");
            using var response = await _nexus.Proxy.SendAsync(request);
            Assert.Equal(200, (int)response.StatusCode);
        }

        Assert.Empty(_upstream.Requests);
        Assert.Equal(0, _nexus.Services.GetRequiredService<UnknownCallers>().Refused);
    }

    [Theory]
    [InlineData("HEAD", "/v1/messages")]
    [InlineData("HEAD", "/v1/models")]
    [InlineData("GET", "/v1/models?limit=1000")]
    public async Task Probes_of_the_API_itself_go_through_and_redirects_are_not_followed(string method, string target)
    {
        _upstream.Answer = context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = "/elsewhere";
            context.Response.ContentLength = method == "HEAD" ? 17 : 0;
            return Task.CompletedTask;
        };
        using var request = new HttpRequestMessage(new HttpMethod(method), target) { Headers = { { "x-api-key", "sk-ant-own" } } };
        using var response = await _nexus.Proxy.SendAsync(request);
        Assert.Equal(307, (int)response.StatusCode);
        Assert.Equal((method, target), (Assert.Single(_upstream.Requests).Method, _upstream.Requests.First().Target));
    }
}
