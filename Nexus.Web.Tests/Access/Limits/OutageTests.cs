using Nexus.Web.Access.Limits;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Access.Limits;

/// <summary>A server of the test's own, that it stops.</summary>
public sealed class OutageTests
{
    [Fact]
    public async Task With_the_database_away_a_node_holds_its_budgets_by_what_it_last_read()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.UsesWhatIsAsked();
        var postgres = await Postgres.StartAsync();
        try
        {
            var database = await postgres.CreateAsync("template_nexus");
            await using var nexus = await NexusApp.StartAsync(upstream, database);
            await nexus.ReadyAsync();
            var limit = await nexus.LimitAsync(new { name = "held", scope = "domain", subject = "one.example", unit = "tokens", amount = 2000, period = "month", hard = true });
            await nexus.GoesByAsync(limit["id"]!.GetValue<string>());
            Assert.Equal(200, (await nexus.SendAsync(LimitClient.Message(300, 400, 500))).Status);
            await NexusApp.UntilAsync(async () => await LimitClient.ScalarAsync<long>(database, "SELECT max(tokens) FROM limit_counters") == 700, "it is settled");

            await postgres.StopServerAsync();
            var book = (LimitBook)nexus.Services.GetService(typeof(LimitBook))!;
            await NexusApp.UntilAsync(() => Task.FromResult(book.Away), "the node knows that the database is away");
            // 1,300 are left, each may use 550 by the estimate: two pass, whatever they use, since nothing settles now.
            Assert.Equal(200, (await nexus.SendAsync(LimitClient.Message(1, 1, 500))).Status);
            Assert.Equal(200, (await nexus.SendAsync(LimitClient.Message(1, 1, 500))).Status);
            var (status, body, response) = await nexus.SendAsync(LimitClient.Message(1, 1, 500));
            Assert.Equal(429, status);
            Assert.Contains("rate_limit_error", body, StringComparison.Ordinal);
            Assert.Contains("while the gateway's database is away", body, StringComparison.Ordinal);
            Assert.Equal(1, response.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
            Assert.Contains("billing_error", (await nexus.SendAsync(LimitClient.Message(1, 1, 5000))).Body, StringComparison.Ordinal);
            Assert.Equal(200, (await nexus.SendAsync(LimitClient.Message(1, 1, 5000, path: "/v1/messages/count_tokens"))).Status);

            await postgres.StartServerAsync();
            await NexusApp.UntilAsync(async () => (await nexus.SendAsync(LimitClient.Message(1, 1, 500))).Status == 200, "what was reserved is settled at its true cost");
        }
        finally
        {
            postgres.Remove();
        }
    }

    [Fact]
    public async Task A_start_while_the_database_is_away_serves_known_keys_by_the_budgets_that_the_last_run_read()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.UsesWhatIsAsked();
        var home = Directory.CreateTempSubdirectory("nexus-outage-").FullName;
        try
        {
            await using (var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync(), home))
            {
                await nexus.ReadyAsync();
                var limit = await nexus.LimitAsync(new { name = "held", scope = "domain", subject = "one.example", unit = "tokens", amount = 2000, period = "month", hard = true });
                await nexus.GoesByAsync(limit["id"]!.GetValue<string>());
                var filed = Path.Combine(home, "keys", "limits.sealed");
                var before = File.Exists(filed) ? File.GetLastWriteTimeUtc(filed) : default;
                // The beat files what it reads at most every five seconds.
                await NexusApp.UntilAsync(() => Task.FromResult(File.Exists(filed) && File.GetLastWriteTimeUtc(filed) > before), "the limit is filed");
            }

            await using var again = await NexusApp.StartAsync(upstream, null, home, ("BUDGETS_FAIL", "closed"));
            Assert.Equal(200, (await again.SendAsync(LimitClient.Message(1, 1, 500))).Status);
            Assert.Contains("billing_error", (await again.SendAsync(LimitClient.Message(1, 1, 5000))).Body, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    [Theory]
    [InlineData("open", 200)]
    [InlineData("closed", 503)]
    public async Task A_node_that_has_never_read_its_budgets_does_as_BUDGETS_FAIL_says(string fail, int expected)
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.UsesWhatIsAsked();
        await using var nexus = await NexusApp.StartAsync(upstream, null, null, ("BUDGETS_FAIL", fail));
        var (status, body, _) = await nexus.SendAsync(LimitClient.Message(1, 1, 10));
        Assert.Equal(expected, status);
        Assert.Equal(expected == 503, body.Contains("BUDGETS_FAIL=closed", StringComparison.Ordinal));
        Assert.Equal(200, (await nexus.SendAsync(LimitClient.Message(1, 1, 10, path: "/v1/messages/count_tokens"))).Status);
    }
}
