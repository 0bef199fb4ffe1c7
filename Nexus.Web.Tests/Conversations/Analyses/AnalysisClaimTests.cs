using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Conversations.Analyses;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Jobs;
using Xunit;

namespace Nexus.Web.Tests.Conversations.Analyses;

/// <summary>Each analysis is made and paid for once, by one node at a time and within the budget, whatever stops or is slow.</summary>
public sealed class AnalysisClaimTests
{
    [Fact]
    public async Task What_the_ledger_does_not_have_yet_counts_in_the_budget_also_when_it_is_asked_for_anew()
    {
        await using var nexus = await AnalysingNexus.StartAsync();
        var conversation = await nexus.ConversationAsync();
        await nexus.AskAsync(conversation);
        await nexus.UntilAsync(conversation, "completed");
        await NexusApp.UntilAsync(async () => (await nexus.SpentAsync()) is { Day: 100_000, Reserved: 0 }, "the call is counted once");
        await using var db = await nexus.App.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
        await NexusApp.UntilAsync(() => db.Requests.AnyAsync(row => row.KeyId == "analysis"), "the call is in the ledger");
        Assert.Equal(100_000, (await nexus.SpentAsync()).Day);

        // As while ingest lags: of a second call the row knows, and the ledger does not.
        await db.Database.ExecuteSqlAsync($"UPDATE analyses SET calls = calls || {Guid.CreateVersion7()}, cost_micros = cost_micros + 70000");
        Assert.Equal(170_000, (await nexus.SpentAsync()).Day);
        nexus.Next(Answers.Error("not_found_error"), 404);
        await nexus.SendAsync(HttpMethod.Post, $"/api/analyses/{conversation}/main/regenerate");
        await nexus.UntilAsync(conversation, "failed");
        Assert.Equal((170_000L, 170_000L), ((await nexus.SpentAsync()).Day, (await nexus.SpentAsync()).Month));
    }

    [Fact]
    public async Task What_was_paid_for_is_written_once_the_database_is_back_and_once_alone()
    {
        await using var nexus = await AnalysingNexus.StartAsync();
        var conversation = await nexus.ConversationAsync();
        await nexus.AskAsync(conversation);
        await nexus.UntilAsync(conversation, "completed");
        await using var scope = nexus.App.Services.CreateAsyncScope();
        var claims = scope.ServiceProvider.GetRequiredService<AnalysisClaims>();
        await using var db = await nexus.App.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
        var held = await db.Analyses.AsNoTracking().SingleAsync();
        var (tries, call) = (0, Guid.CreateVersion7());
        // The first is written, but its answer is lost; the claim is another's meanwhile, which frees no money.
        Assert.False(await claims.KeepTryingAsync(async () =>
        {
            var mine = await claims.AddCallAsync(new() { Id = held.Id, Claim = Guid.NewGuid(), ConversationId = held.ConversationId, BranchId = "main", Status = "", Model = "", NextAt = default, RequestedBy = "", RequestedAt = default, CreatedAt = default, UpdatedAt = default }, call, 1, 1, 5_000, CancellationToken.None);
            return ++tries == 1 ? throw new Npgsql.NpgsqlException("The connection is gone.") : mine;
        }, CancellationToken.None));
        var after = await db.Analyses.AsNoTracking().SingleAsync();
        Assert.Equal((2, held.CostMicros + 5_000, 2), (tries, after.CostMicros, after.Calls.Length));
    }

    [Fact]
    public async Task Of_many_claims_on_two_nodes_one_is_granted_and_a_stale_holder_writes_nothing()
    {
        await using var nexus = await AnalysingNexus.StartAsync();
        await using var other = await nexus.NodeAsync();
        long id;
        await using (var db = await nexus.App.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync())
        {
            var now = DateTimeOffset.UtcNow;
            var row = new AnalysisRow { ConversationId = Guid.NewGuid(), BranchId = "main", Status = AnalysisRow.Pending, Model = "claude-opus-4-6", NextAt = now.AddSeconds(-1), RequestedBy = "test", RequestedAt = now, CreatedAt = now, UpdatedAt = now };
            db.Analyses.Add(row);
            await db.SaveChangesAsync();
            id = row.Id;
        }

        var taken = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => On(i % 2 == 0 ? nexus.App : other, claims => claims.TakeAsync(id, CancellationToken.None))));
        var holder = Assert.Single(taken.OfType<AnalysisRow>());
        Assert.True(await On(other, claims => claims.ProlongAsync(holder, CancellationToken.None)));
        var stale = new AnalysisRow { Id = id, Claim = Guid.NewGuid(), ConversationId = holder.ConversationId, BranchId = "main", Status = "", Model = "", NextAt = default, RequestedBy = "", RequestedAt = default, CreatedAt = default, UpdatedAt = default };
        Assert.False(await On(other, claims => claims.FailAsync(stale, "stale", CancellationToken.None)));
        Assert.InRange((await On(nexus.App, async claims => await claims.WaitAsync(id, CancellationToken.None)))!.Value, TimeSpan.FromSeconds(30), AnalysisClaims.Lease + TimeSpan.FromSeconds(1));

        static async Task<T> On<T>(NexusApp node, Func<AnalysisClaims, Task<T>> act)
        {
            await using var scope = node.Services.CreateAsyncScope();
            return await act(scope.ServiceProvider.GetRequiredService<AnalysisClaims>());
        }
    }

    [Fact]
    public async Task What_a_killed_or_stopped_node_left_is_done_by_another()
    {
        await using var nexus = await AnalysingNexus.StartAsync();
        var conversation = await nexus.ConversationAsync();
        var begun = new TaskCompletionSource();
        nexus.Next(async context =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await nexus.AskAsync(conversation);
        await begun.Task.WaitAsync(TimeSpan.FromMinutes(1));
        var next = await nexus.NodeAsync();
        await using (nexus.Swap(next))
        {
            // Stopped with a model's call under way: it goes back, and the attempt does not count.
        }

        // What it had no time to put back is taken up when its claim has run out, and counts then.
        var jobs = new JobHistory(next);
        await using (var left = await next.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync())
            if (await left.Analyses.Where(row => row.Status == AnalysisRow.Processing && row.Attempts == 1).ExecuteUpdateAsync(set => set.SetProperty(row => row.ClaimedUntil, DateTimeOffset.UtcNow.AddMinutes(-1))) > 0)
                await jobs.StateAsync(jobs.Trigger(AnalysesJob.Id), "Succeeded");
        var before = (int)(await nexus.UntilAsync(conversation, "completed"))["attempts"]!;
        Assert.InRange(before, 1, 2);

        // Killed: the claim is left, and runs out.
        await using (var db = await next.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync())
            await db.Analyses.ExecuteUpdateAsync(set => set.SetProperty(row => row.Status, AnalysisRow.Processing).SetProperty(row => row.Claim, Guid.NewGuid()).SetProperty(row => row.ClaimedUntil, DateTimeOffset.UtcNow.AddMinutes(-1)));
        await jobs.StateAsync(jobs.Trigger(AnalysesJob.Id), "Succeeded");
        await NexusApp.UntilAsync(async () => (int)(await nexus.UntilAsync(conversation, "completed"))["attempts"]! == before + 1, "another attempt has completed it");
    }

    [Fact]
    public async Task A_budget_that_is_spent_refuses_with_the_reason()
    {
        // One is expected to cost 7.5 cents and a little, and costs 10.
        await using var nexus = await AnalysingNexus.StartAsync(("AI_ANALYSIS_DAILY_BUDGET", "0.12"));
        var (one, another) = (await nexus.ConversationAsync(), await nexus.ConversationAsync("And another."));
        Assert.Equal(HttpStatusCode.Created, (await nexus.AskAsync(one)).Status);
        await nexus.UntilAsync(one, "completed");
        await NexusApp.UntilAsync(async () =>
        {
            await using var scope = nexus.App.Services.CreateAsyncScope();
            return (await scope.ServiceProvider.GetRequiredService<AnalysisBudget>().ReadAsync(null, CancellationToken.None)).Day == 100_000;
        }, "the call is in the rollups");
        var refused = await nexus.AskAsync(another);
        Assert.Equal(HttpStatusCode.PaymentRequired, refused.Status);
        Assert.Contains("$0.10 of $0.12 are spent or reserved", refused.Json["error"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("AI_ANALYSIS_DAILY_BUDGET", refused.Json["error"]!.ToString(), StringComparison.Ordinal);
        Assert.Single(nexus.Asked);
    }
}
