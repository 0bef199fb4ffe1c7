using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Nexus.Web.Access.Limits;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Access.Limits;

public sealed class TwoNodesTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.UsesWhatIsAsked();
    }

    public async Task DisposeAsync() => await _upstream.DisposeAsync();

    [Theory]
    [InlineData("*", "tokens", 20_000, 300, 350)]
    [InlineData("one.example", "tokens", 20_000, 300, 350)]
    [InlineData("one.example", "usd", 480_000, 7_100, 8_000)]
    public async Task Two_hundred_parallel_requests_through_two_nodes_never_pass_a_hard_budget_and_use_it_up(string subject, string unit, long budget, long each, long estimate)
    {
        var database = await Postgres.NewDatabaseAsync();
        await using var one = await NexusApp.StartAsync(_upstream, database);
        await using var two = await NexusApp.StartAsync(_upstream, database);
        await Task.WhenAll(one.ReadyAsync(), two.ReadyAsync());
        await NodesAsync(one, two);
        await one.LimitAsync(new { name = "small", scope = "domain", subject, unit, amount = budget, period = "month", hard = true });
        await Task.WhenAll(KnowAsync(one), KnowAsync(two));

        var done = 0;
        var kinds = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 200 }, async (i, _) =>
        {
            var nexus = i % 2 == 0 ? one : two;
            // Each may use 340 tokens by the estimate and uses 300 (20 at $5 and 280 at $25 a million): some sixty-six fit.
            for (var attempt = 0; attempt < 60; attempt++)
            {
                var (status, body, response) = await nexus.SendAsync(LimitClient.Message(20, 280, 300, delayMs: 20));
                response.Dispose();
                var kind = status == 200 ? "allowed" : body.Contains("billing_error", StringComparison.Ordinal) ? "budget" : body.Contains("rate_limit_error", StringComparison.Ordinal) ? "held" : body;
                kinds.AddOrUpdate(kind, 1, (_, count) => count + 1);
                if (status == 200)
                    Interlocked.Increment(ref done);
                if (kind != "held")
                    return;
                await Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None);
            }
        });

        Assert.Equal(["allowed", "budget", "held"], kinds.Keys.Append("held").Distinct().Order());
        await NexusApp.UntilAsync(async () => await LimitClient.ScalarAsync<long>(database, "SELECT count(*) FROM requests WHERE outcome = 'completed'") == done, "all answers are stored");
        var used = await LimitClient.ScalarAsync<long>(database, $"SELECT {(unit == "usd" ? "micros" : "tokens")} FROM limit_counters");
        Assert.Equal(each * done, used);
        // Estimates are upper bounds here, so the stated bound is the budget itself. Less than one request's estimate is left.
        Assert.InRange(used, budget - estimate, budget);
    }

    [Fact]
    public async Task Requests_per_minute_hold_on_two_nodes_within_two_windows()
    {
        var database = await Postgres.NewDatabaseAsync();
        await using var one = await NexusApp.StartAsync(_upstream, database);
        await using var two = await NexusApp.StartAsync(_upstream, database);
        await Task.WhenAll(one.ReadyAsync(), two.ReadyAsync());
        await NodesAsync(one, two);
        const int Rate = 30;
        var started = Stopwatch.StartNew();
        await one.LimitAsync(new { name = "rate", scope = "domain", subject = "one.example", requestsPerMinute = Rate });
        await Task.WhenAll(KnowAsync(one), KnowAsync(two));
        var done = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (i, _) =>
        {
            var (status, body, response) = await (i % 2 == 0 ? one : two).SendAsync(LimitClient.Message(1, 1, 10));
            using (response)
            {
                if (status == 200)
                {
                    Interlocked.Increment(ref done);
                    return;
                }

                Assert.Equal(429, status);
                Assert.Contains("rate_limit_error", body, StringComparison.Ordinal);
                Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 120);
            }
        });

        // Each node a window's worth before it hears of the other, and what the buckets gained meanwhile.
        Assert.InRange(done, Rate, (2 * Rate) + (2 * Rate * started.Elapsed.TotalMinutes) + 1);
        // They have heard by now: the two together are at their rate.
        await NexusApp.UntilAsync(async () => await RefusesAsync(one) && await RefusesAsync(two), "both nodes refuse");
        Assert.InRange(await LimitClient.ScalarAsync<long>(database, "SELECT count(*) FROM requests WHERE outcome = 'completed'"), 0, (2 * Rate) + (2 * Rate * started.Elapsed.TotalMinutes) + 1);

        static async Task<bool> RefusesAsync(NexusApp node) => (await node.SendAsync(LimitClient.Message(1, 1, 10))).Status == 429;
    }

    [Fact]
    public async Task Streams_that_are_open_on_one_node_count_on_the_other()
    {
        var database = await Postgres.NewDatabaseAsync();
        await using var one = await NexusApp.StartAsync(_upstream, database);
        await using var two = await NexusApp.StartAsync(_upstream, database);
        await Task.WhenAll(one.ReadyAsync(), two.ReadyAsync());
        await NodesAsync(one, two);
        await one.LimitAsync(new { name = "streams", scope = "domain", subject = "one.example", concurrentStreams = 3 });
        await Task.WhenAll(KnowAsync(one), KnowAsync(two));
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var open = new SemaphoreSlim(0);
        _upstream.Answer = async context =>
        {
            context.Response.StatusCode = 200;
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(Streams.Events[0]);
            await context.Response.Body.FlushAsync();
            open.Release();
            await end.Task;
            await context.Response.WriteAsync(string.Concat(Streams.Events[1..]));
        };
        var streams = Enumerable.Range(0, 3).Select(_ => one.SendAsync(LimitClient.Message(1, 1, 10, stream: true))).ToList();
        for (var i = 0; i < 3; i++)
            Assert.True(await open.WaitAsync(TimeSpan.FromMinutes(1)));
        // Those that come before it hears of the three are among them then: none of these ends either.
        await NexusApp.UntilAsync(async () =>
        {
            var asked = two.SendAsync(LimitClient.Message(1, 1, 10, stream: true));
            streams.Add(asked);
            return await Task.WhenAny(asked, open.WaitAsync()) == asked && (await asked).Status == 429;
        }, "the other node refuses");
        Assert.Contains("rate_limit_error", (await streams[^1]).Body, StringComparison.Ordinal);
        end.SetResult();
        Assert.All(await Task.WhenAll(streams[..3]), stream => Assert.Equal(200, stream.Status));
        await Task.WhenAll(streams);
        await NexusApp.UntilAsync(async () => (await two.SendAsync(LimitClient.Message(1, 1, 10, stream: true))).Status == 200, "streams pass again");
    }

    [Fact]
    public async Task What_a_killed_node_held_comes_back()
    {
        var database = await Postgres.NewDatabaseAsync();
        await using var nexus = await NexusApp.StartAsync(_upstream, database);
        await nexus.ReadyAsync();
        var limit = await nexus.LimitAsync(new { name = "shared", scope = "domain", subject = "one.example", unit = "tokens", amount = 1000, period = "month", hard = true });
        var id = limit["id"]!.GetValue<string>();
        await nexus.GoesByAsync(id);
        // A node that died in the middle of its work and was last seen eighteen seconds ago.
        await LimitClient.ScalarAsync<int>(database, $"""
            INSERT INTO limit_nodes VALUES ('11111111-1111-1111-1111-111111111111', 'gone', now() - interval '18 seconds');
            UPDATE limit_leases SET amount = 100 WHERE node_id <> '11111111-1111-1111-1111-111111111111';
            INSERT INTO limit_leases SELECT limit_id, subject, '11111111-1111-1111-1111-111111111111', period_start, 900, 900, 0, 0, 0, 0 FROM limit_leases LIMIT 1
            """);
        foreach (var gate in Book(nexus).Gates)
            gate.Granted(gate.View().Period, -gate.View().Free);
        Assert.Contains("reserved by requests in flight", (await nexus.SendAsync(LimitClient.Message(1, 1, 500))).Body, StringComparison.Ordinal);
        await NexusApp.UntilAsync(async () => (await nexus.SendAsync(LimitClient.Message(1, 1, 500))).Status == 200, "the lease has expired");
    }

    private static LimitBook Book(NexusApp nexus) => (LimitBook)nexus.Services.GetService(typeof(LimitBook))!;

    private static Task NodesAsync(params NexusApp[] nodes) => NexusApp.UntilAsync(() => Task.FromResult(nodes.All(node => Book(node).Nodes == nodes.Length)), "the nodes know of each other");

    private static Task KnowAsync(NexusApp node) => NexusApp.UntilAsync(() => Task.FromResult(!Book(node).IsEmpty), "the node knows the limit");
}
