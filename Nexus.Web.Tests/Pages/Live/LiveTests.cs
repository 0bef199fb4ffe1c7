using System.Net;
using System.Net.ServerSentEvents;
using Nexus.Web.Pages.Live;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Pages.Live;

public sealed class LiveTests : IAsyncLifetime, IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(3));
    private FakeAnthropic _upstream = null!;
    private string _database = "";
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("text/event-stream", Streams.Whole);
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database);
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task A_stranger_gets_401_and_no_redirect_to_a_page()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/dashboard/live") { Headers = { { "Accept", "text/event-stream" } } };
        using var response = await _nexus.Dashboard.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task New_rows_are_pushed_as_far_as_they_match_the_filter()
    {
        await using var all = await FollowAsync("/dashboard/live");
        await using var two = await FollowAsync("/dashboard/live?domain=two.example");
        Assert.True(all.Response.Headers.CacheControl!.NoStore);
        var first = await _nexus.MessageAsync("{}", "one.example");
        var second = await _nexus.MessageAsync("{}", "two.example");
        var seen = "";
        while (!seen.Contains(first, StringComparison.Ordinal) || !seen.Contains(second, StringComparison.Ordinal))
            seen += await all.NextAsync("rows");
        var filtered = await two.NextAsync("rows");
        Assert.Contains(second, filtered, StringComparison.Ordinal);
        Assert.DoesNotContain(first, filtered, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_came_between_page_and_connection_is_pushed_first()
    {
        await using (await FollowAsync("/dashboard/live"))
        {
        }

        var rendered = DateTimeOffset.UtcNow;
        var id = await _session.RequestAsync();
        await using var late = await FollowAsync($"/dashboard/live?since={rendered.ToUnixTimeMilliseconds()}");
        Assert.Contains(id, await late.NextAsync("rows"), StringComparison.Ordinal);
        await using var tooLate = await FollowAsync("/dashboard/live?since=1");
        await tooLate.NextAsync("resync");
    }

    [Fact]
    public async Task Requests_in_flight_come_and_go()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _upstream.Answer = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await go.Task;
            await context.Response.Body.WriteAsync(Streams.Whole);
        };
        await using var live = await FollowAsync("/dashboard/live?domain=one.example");
        var answer = _nexus.MessageAsync("""{"model":"claude-opus-5"}""");
        string shown;
        do
            shown = await live.NextAsync("in-flight");
        while (!shown.Contains("claude-opus-5", StringComparison.Ordinal));
        go.SetResult();
        var id = await answer;
        Assert.Contains(id, shown, StringComparison.Ordinal);
        while ((await live.NextAsync("in-flight")).Contains(id, StringComparison.Ordinal))
        {
        }
    }

    [Fact]
    public async Task Figures_are_told_that_they_changed()
    {
        await using var overview = await FollowAsync("/dashboard/live?view=overview");
        await _nexus.MessageAsync("{}");
        await overview.NextAsync("usage");
    }

    [Fact]
    public async Task After_the_database_cut_the_connection_pages_load_anew_and_rows_come_again()
    {
        await using var live = await FollowAsync("/dashboard/live");
        await using (var server = new NpgsqlConnection(_database + ";Pooling=false"))
        {
            await server.OpenAsync();
            await using var cut = new NpgsqlCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", server);
            await cut.ExecuteNonQueryAsync();
        }

        await live.NextAsync("resync");
        var id = await _nexus.MessageAsync("{}");
        while (!(await live.NextAsync("rows")).Contains(id, StringComparison.Ordinal))
        {
        }
    }

    [Fact]
    public async Task Streams_end_at_once_when_the_gateway_stops()
    {
        var nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await nexus.ReadyAsync();
        var session = await DashboardSession.StartAsync(nexus);
        using var response = await session.SendAsync("/dashboard/live");
        await using var stream = await response.Content.ReadAsStreamAsync();
        await stream.ReadExactlyAsync(new byte[1], _limit.Token);
        await nexus.DisposeAsync();
        // The end of the stream, not a connection that was cut when the time for stopping was over: the copy would throw.
        await stream.CopyToAsync(Stream.Null, _limit.Token);
    }

    private async Task<Follower> FollowAsync(string address)
    {
        var follower = new Follower(await _session.SendAsync(address), _limit.Token);
        Assert.Equal("text/event-stream", follower.Response.Content.Headers.ContentType!.MediaType);
        await follower.StartAsync();
        return follower;
    }

    private sealed class Follower(HttpResponseMessage response, CancellationToken limit) : IAsyncDisposable
    {
        private IAsyncEnumerator<SseItem<string>> _items = null!;

        public HttpResponseMessage Response => response;

        public async Task StartAsync()
        {
            _items = SseParser.Create(await response.Content.ReadAsStreamAsync(limit)).EnumerateAsync(limit).GetAsyncEnumerator(limit);
            await NextAsync("beat");
        }

        /// <summary>The data of the next event of this name.</summary>
        public async Task<string> NextAsync(string name)
        {
            while (await _items.MoveNextAsync())
                if (_items.Current.EventType == name)
                    return _items.Current.Data;
            throw new EndOfStreamException($"The stream ended before an event '{name}'.");
        }

        public ValueTask DisposeAsync()
        {
            response.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
