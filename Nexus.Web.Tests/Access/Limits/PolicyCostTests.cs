using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Access;
using Nexus.Web.Access.Limits;
using Nexus.Web.Tests.Infrastructure;
using Xunit;
using Xunit.Abstractions;

namespace Nexus.Web.Tests.Access.Limits;

/// <summary>What the policy step costs a request. The figures are for people; asserted is only that nobody waits.</summary>
public sealed class PolicyCostTests(ITestOutputHelper output)
{
    [Fact]
    [Trait("Category", "Long")]
    public async Task The_step_takes_microseconds_and_grows_with_the_body_alone()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync());
        await nexus.ReadyAsync();
        var policy = nexus.Services.GetRequiredService<LimitPolicy>();
        Measure(policy, "no limit", 100_000);
        foreach (var (scope, subject) in new[] { ("all", ""), ("domain", "*"), ("key", "*") })
        {
            var limit = await nexus.LimitAsync(new { name = scope, scope, subject, amount = 900_000_000_000_000, period = "month", hard = true, requestsPerMinute = 2_000_000_000, tokensPerMinute = 900_000_000_000_000, concurrentStreams = 1_000_000 });
            await NexusApp.UntilAsync(() => Task.FromResult(!nexus.Services.GetRequiredService<LimitBook>().IsEmpty), "the limit is known");
            await Task.Delay(1500);
            Assert.NotNull(limit);
        }

        Assert.InRange(Measure(policy, "three limits with budget and rates", 100), 0, 1000);
        Measure(policy, "the same, 4 KB", 4_000);
        Measure(policy, "the same, 100 KB", 100_000);
        Measure(policy, "the same, 1 MB", 1_000_000);
    }

    private double Measure(LimitPolicy policy, string what, int bytes)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"model":"claude-opus-5","messages":[{"role":"user","content":"{{new string('x', bytes)}}"}],"max_tokens":32000,"stream":true}""");
        var caller = new Caller("one.example", "key_1", null);
        var count = bytes > 50_000 ? 2_000 : 50_000;
        for (var i = 0; i < count / 10; i++)
            Once();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
            Once();
        var micros = Stopwatch.GetElapsedTime(started).TotalMicroseconds / count;
        output.WriteLine($"{what}: {micros:0.00} µs, {(GC.GetAllocatedBytesForCurrentThread() - before) / count} bytes allocated");
        return micros;

        void Once()
        {
            var result = policy.Admit(Guid.NewGuid(), caller, DateTimeOffset.UtcNow, "claude-opus-5", body, recorded: false);
            Assert.Null(result.Refusal);
            policy.Over(result.Reservation, recorded: false);
        }
    }
}
