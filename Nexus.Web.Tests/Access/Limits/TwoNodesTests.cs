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
    [InlineData("*")]
    [InlineData("one.example")]
    public async Task Two_hundred_parallel_requests_through_two_nodes_never_pass_a_hard_budget_and_use_it_up(string subject)
    {
        var database = await Postgres.NewDatabaseAsync();
        await using var one = await NexusApp.StartAsync(_upstream, database);
        await using var two = await NexusApp.StartAsync(_upstream, database);
        await Task.WhenAll(one.ReadyAsync(), two.ReadyAsync());
        await NodesAsync(one, two);
        const long Budget = 20_000;
        await one.LimitAsync(new { name = "small", scope = "domain", subject, unit = "tokens", amount = Budget, period = "month", hard = true });
        await Task.WhenAll(KnowAsync(one), KnowAsync(two));

        var done = 0;
        var kinds = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 200 }, async (i, _) =>
        {
            var nexus = i % 2 == 0 ? one : two;
            // Each may use 340 by the estimate and uses 300: sixty-six fit.
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
        var used = await LimitClient.ScalarAsync<long>(database, "SELECT tokens FROM limit_counters");
        Assert.Equal(300L * done, used);
        // Estimates are upper bounds here, so the stated bound is the budget itself. Less than one request's estimate is left.
        Assert.InRange(used, Budget - 350, Budget);
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
