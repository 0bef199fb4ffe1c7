using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Nexus.Web.Proxy;
using Nexus.Web.Tests.Infrastructure;
using Xunit;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;

namespace Nexus.Web.Tests.Proxy.Pooling;

public sealed class UpstreamChoiceTests : IAsyncLifetime
{
    private PoolNexus _nexus = null!;

    public async Task InitializeAsync() => _nexus = await PoolNexus.StartAsync();

    public async Task DisposeAsync() => await _nexus.DisposeAsync();

    [Fact]
    public async Task An_account_whose_upstream_is_not_known_is_asked_nowhere()
    {
        await ForgetAsync(0); // its URL is the default upstream's, too
        var single = await _nexus.AskAsync(PoolNexus.Single);
        Assert.Equal(502, single.Status);
        Assert.Equal(("upstream_cut", 502, "acc_single"), await _nexus.LedgerAsync(single));
        Assert.Equal(200, (await _nexus.AskAsync(PoolNexus.Pool)).Status);
        Assert.Empty(_nexus.Upstreams[0].Requests);
        Assert.Single(_nexus.Upstreams[1].Requests);
    }

    [Fact]
    public async Task A_failover_to_an_account_whose_upstream_is_not_known_does_not_stay_at_the_last_ones()
    {
        await ForgetAsync(1);
        _nexus.Upstreams[0].Answer = exchange => exchange.SendAsync(PoolNexus.Error(529, "overloaded_error"));
        Assert.Equal(200, (await _nexus.AskAsync(PoolNexus.Pool)).Status);
        Assert.Equal("sk-ant-" + _nexus[0].Id, _nexus.Upstreams[0].Requests.Single().Header("x-api-key"));
        Assert.Empty(_nexus.Upstreams[1].Requests);
        Assert.Single(_nexus.Upstreams[2].Requests);
    }

    [Theory]
    [InlineData("http://one.example/A", "http://one.example/a")]
    [InlineData("http://one.example/", "http://user@one.example/")]
    public async Task Upstreams_that_differ_in_little_are_two(string one, string other)
    {
        await _nexus.App.PayForAsync("two.example", $$"""{"accounts":[{"type":"api_key","accountId":"acc_1","api_key":"sk-ant-1","base_url":"{{one}}"},{"type":"api_key","accountId":"acc_2","api_key":"sk-ant-2","base_url":"{{other}}"}],"client_api_key":"cnp_live_k"}""");
        var clusters = _nexus.App.Services.GetRequiredService<IProxyStateLookup>();
        await NexusApp.UntilAsync(() => Task.FromResult(
            Address(clusters, one) == new Uri(one).AbsoluteUri && Address(clusters, other) == new Uri(other).AbsoluteUri), "both upstreams are known");
    }

    private static string? Address(IProxyStateLookup clusters, string url) =>
        clusters.TryGetCluster(Upstreams.IdOf(new Uri(url)), out var cluster) ? cluster.Model.Config.Destinations!["upstream"].Address : null;

    /// <summary>Takes the account's upstream out of YARP's configuration.</summary>
    private async Task ForgetAsync(int index)
    {
        var (services, id) = (_nexus.App.Services, _nexus[index].Account.ClusterId);
        var accounts = services.GetRequiredService<Nexus.Web.Credentials.CredentialFiles>().Accounts;
        services.GetRequiredService<InMemoryConfigProvider>().Update(Upstreams.Routes,
            [.. Upstreams.Clusters(services.GetRequiredService<IOptions<ProxyOptions>>().Value, accounts).Where(cluster => cluster.ClusterId != id)]);
        await NexusApp.UntilAsync(() => Task.FromResult(!services.GetRequiredService<IProxyStateLookup>().TryGetCluster(id, out _)), "the upstream is forgotten");
    }
}
