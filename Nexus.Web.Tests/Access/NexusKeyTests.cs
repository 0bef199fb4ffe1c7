using System.Net;
using Nexus.Web.Access;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Access;

/// <summary>What opens a door of Nexus never reaches the upstream, and a domain never reaches past its directory.</summary>
public sealed class NexusKeyTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", "{}"u8.ToArray());
        _nexus = await NexusApp.StartAsync(_upstream, settings: NexusApp.Pays("team.example.com", """{"type":"api_key","api_key":"sk-ant-team","client_api_key":"an-older-key"}"""));
        File.WriteAllText(Path.Combine(_nexus.CredentialsDirectory, "..", "outside.credentials.json"), """{"type":"api_key","api_key":"sk-ant-outside","client_api_key":"an-older-key"}""");
        await NexusApp.UntilAsync(async () => await AskAsync("team.example.com", ("x-api-key", "no-key")) == HttpStatusCode.Unauthorized, "the credential file is in force");
        _upstream.Requests.Clear();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task A_caller_that_sends_its_key_everywhere_shows_it_to_nobody()
    {
        Assert.Equal(HttpStatusCode.OK, await AskAsync("team.example.com", ("x-api-key", "an-older-key"), ("Authorization", "Bearer an-older-key"), ("Proxy-Authorization", "Bearer an-older-key"), ("X-Dashboard-Key", NexusApp.Key)));
        Assert.DoesNotContain(Assert.Single(_upstream.Requests).Headers, line => line.Value.Contains("an-older-key", StringComparison.Ordinal) || line.Value.Contains(NexusApp.Key, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("x-api-key", "an-older-key")]
    [InlineData("Authorization", "Bearer an-older-key")]
    [InlineData("Authorization", "bearer  an-older-key ")]
    [InlineData("x-api-key", NexusApp.Key)]
    [InlineData("Authorization", "Bearer " + NexusApp.Key)]
    public async Task A_key_of_this_gateway_is_not_passed_through_where_no_account_pays(string header, string value)
    {
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("other.example.com", (header, value)));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("other.example.com", (header, value), (header == "x-api-key" ? "Authorization" : "x-api-key", header == "x-api-key" ? "Bearer sk-ant-own" : "sk-ant-own")));
        Assert.Empty(_upstream.Requests);
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("..%2foutside")]
    [InlineData("team.example.com/../../outside")]
    public async Task A_domain_does_not_leave_the_directory(string host)
    {
        using var client = await RawClient.ConnectAsync(_nexus.Proxy.BaseAddress!);
        await client.SendAsync($"POST /v1/messages HTTP/1.1\r\nHost: {host}\r\nx-api-key: an-older-key\r\nContent-Length: 2\r\n\r\n{{}}");
        Assert.Equal(400, (await client.ReadAsync()).Status);
        Assert.Empty(_upstream.Requests);
    }

    [Theory]
    [InlineData("my_gateway:3000", "my_gateway")]
    [InlineData("LOCALHOST:3000", "localhost:3000")]
    [InlineData("10.0.0.7", "10.0.0.7")]
    [InlineData("x%2ey", null)]
    [InlineData("x\\y", null)]
    [InlineData(".", null)]
    public void A_host_is_brought_to_one_form(string host, string? domain) => Assert.Equal(domain, RequestDomain.From(host));

    [Fact]
    public async Task A_changed_file_is_in_force_within_two_seconds_also_when_size_and_time_stay()
    {
        var path = Path.Combine(_nexus.CredentialsDirectory, "team.example.com.credentials.json");
        Assert.Equal(HttpStatusCode.OK, await AskAsync("team.example.com", ("x-api-key", "an-older-key")));
        var time = File.GetLastWriteTimeUtc(path);
        _nexus.WriteCredential("team.example.com", """{"type":"api_key","api_key":"sk-ant-team","client_api_key":"a-newer-key!"}""");
        File.SetLastWriteTimeUtc(path, time);
        var changed = DateTime.UtcNow;
        await NexusApp.UntilAsync(async () => await AskAsync("team.example.com", ("x-api-key", "a-newer-key!")) == HttpStatusCode.OK, "the change is in force");
        Assert.InRange((DateTime.UtcNow - changed).TotalSeconds, 0, 60); // two on a machine that does nothing else
        Assert.NotEqual(HttpStatusCode.OK, await AskAsync("team.example.com", ("x-api-key", "an-older-key")));
    }

    private async Task<HttpStatusCode> AskAsync(string host, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new StringContent("{}") };
        request.Headers.Host = host;
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _nexus.Proxy.SendAsync(request);
        return response.StatusCode;
    }
}
