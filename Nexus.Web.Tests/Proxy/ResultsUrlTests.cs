using System.Text;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Capture;
using Nexus.Web.Proxy;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Proxy;

/// <summary>The one edit of a body: where the results of a batch are.</summary>
public sealed class ResultsUrlTests : IAsyncLifetime
{
    private const string Theirs = "https://api.anthropic.com/v1/messages/batches/msgbatch_1/results";
    private const string Batch = "{\"id\":\"msgbatch_1\", \"type\":\"message_batch\",\"processing_status\":\"ended\",\"request_counts\":{\"succeeded\":1},\"results_url\":\"" + Theirs + "\" }";
    private const string Page = "{\"data\":[" + Batch + "," + Batch + ",{\"id\":\"msgbatch_2\",\"results_url\":null}],\"has_more\":false}";
    private FakeAnthropic _upstream = null!;

    public async Task InitializeAsync() => _upstream = await FakeAnthropic.StartAsync();

    public async Task DisposeAsync() => await _upstream.DisposeAsync();

    [Theory]
    [InlineData("POST", "/v1/messages/batches", Batch)]
    [InlineData("GET", "/v1/messages/batches?limit=20", Page)]
    [InlineData("GET", "/v1/messages/batches/msgbatch_1", Batch)]
    [InlineData("POST", "/v1/messages/batches/msgbatch_1/cancel?beta=true", Batch)]
    public async Task Each_answer_about_batches_names_the_host_that_was_asked_and_keeps_every_other_byte(string method, string target, string body)
    {
        await using var nexus = await NexusApp.StartAsync(_upstream);
        _upstream.Replies("application/json", Encoding.UTF8.GetBytes(body), headers: ("request-id", "req_1"));
        var (response, received) = await AskAsync(nexus, method, target);
        Assert.Equal(body.Replace("https://api.anthropic.com", "http://one.example:3000", StringComparison.Ordinal), Encoding.UTF8.GetString(received));
        Assert.Equal(received.Length, response.Content.Headers.ContentLength);
        Assert.Equal("results_url", response.Headers.GetValues(ResultsUrls.Label).Single());
        Assert.Equal("req_1", response.Headers.GetValues("request-id").Single());
        Assert.Equal("identity", Assert.Single(_upstream.Requests).Header("accept-encoding"));
    }

    [Fact]
    public async Task The_ledger_keeps_the_answer_as_it_came_and_says_that_it_was_edited()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        _upstream.Replies("application/json", Encoding.UTF8.GetBytes(Batch));
        var (response, _) = await AskAsync(nexus, "GET", "/v1/messages/batches/msgbatch_1");
        var id = response.Headers.GetValues("x-nexus-request-id").Single();
        await nexus.ReadyAsync();
        await NexusApp.UntilAsync(async () => await FromApiAsync(nexus, $"/api/requests/{id}/response") == Batch, "the answer is stored as it came");
        using var scope = nexus.Services.CreateScope();
        var payload = await scope.ServiceProvider.GetRequiredService<PayloadReader>().ReadAsync(Guid.Parse(id), CancellationToken.None);
        Assert.Equal("results_url", payload!.ResponseHeaders.Find(ResultsUrls.Label));
    }

    [Fact]
    public async Task The_public_address_is_named_where_it_is_given()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, settings: ("PUBLIC_URL", "https://nexus.example/claude/"));
        _upstream.Replies("application/json", Encoding.UTF8.GetBytes(Batch));
        var (_, received) = await AskAsync(nexus, "GET", "/v1/messages/batches/msgbatch_1");
        Assert.Contains("\"https://nexus.example/claude/v1/messages/batches/msgbatch_1/results\"", Encoding.UTF8.GetString(received), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/messages/batches/msgbatch_1", "true", 404, "application/json", "")]
    [InlineData("/v1/messages/batches/msgbatch_1", "true", 200, "application/json", "gzip")]
    [InlineData("/v1/messages/batches/msgbatch_1/results", "true", 200, "application/json", "")]
    [InlineData("/v1/messages/batches/msgbatch_1/results", "true", 200, "application/x-jsonl", "")]
    [InlineData("/v1/messages/batchesque", "true", 200, "application/json", "")]
    [InlineData("/v1/messages/batches/msgbatch_1", "false", 200, "application/json", "")]
    public async Task Everything_else_passes_untouched(string target, string rewrite, int status, string type, string encoding)
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, settings: ("REWRITE_RESULTS_URL", rewrite));
        _upstream.Replies(type, Encoding.UTF8.GetBytes(Batch), status, encoding.Length > 0 ? [("Content-Encoding", encoding)] : []);
        var (response, received) = await AskAsync(nexus, "GET", target);
        Assert.Equal(Batch, Encoding.UTF8.GetString(received));
        Assert.False(response.Headers.Contains(ResultsUrls.Label));
        if (rewrite == "false")
            Assert.Equal("gzip, br", Assert.Single(_upstream.Requests).Header("accept-encoding"));
    }

    [Fact]
    public void No_bytes_but_addresses_of_results_are_ever_changed() =>
        Gen.Select(Gen.String, Gen.OneOf(Gen.Const("results_url"), Gen.Const("results"), Gen.Const("url")), Gen.Bool, (text, name, listed) => (text, name, listed)).Sample((text, name, listed) =>
        {
            var value = System.Text.Json.JsonSerializer.Serialize(text);
            var batch = $"{{ \"id\" : {value}, \"nested\":{{\"results_url\":\"{Theirs}\"}}, \"{name}\":{value}, \"note\" : \"results_url {Theirs}\"}}";
            var json = listed ? $"{{\"data\":[{batch}]}}" : batch;
            // Neither a text that is no such address, nor one in a place that is not a batch's.
            return ResultsUrls.Rewrite(Encoding.UTF8.GetBytes(json), "http://nexus.example") is null;
        });

    private static async Task<(HttpResponseMessage Response, byte[] Body)> AskAsync(NexusApp nexus, string method, string target)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), target);
        request.Headers.Host = "one.example:3000";
        request.Headers.TryAddWithoutValidation("x-api-key", "sk-ant-own");
        request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip, br");
        var response = await nexus.Proxy.SendAsync(request);
        return (response, await response.Content.ReadAsByteArrayAsync());
    }

    private static async Task<string?> FromApiAsync(NexusApp nexus, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
        using var response = await nexus.Dashboard.SendAsync(request);
        return response.IsSuccessStatusCode ? await response.Content.ReadAsStringAsync() : null;
    }
}
