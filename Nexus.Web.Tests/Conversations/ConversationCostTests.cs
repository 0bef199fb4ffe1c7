using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Usage;
using Nexus.Web.Usage.Pricing;
using Nexus.Web.Usage.Repricing;
using Xunit;

namespace Nexus.Web.Tests.Conversations;

public sealed class ConversationCostTests : IAsyncLifetime
{
    private const string First = """{"role":"user","content":"Why does the zebra test fail?"}""";
    private const string Answer = """{"role":"assistant","content":[{"type":"text","text":"Hi"}]}""";
    private FakeAnthropic _upstream = null!;
    private string _database = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Encoding.UTF8.GetBytes("""{"id":"msg_02","type":"message","role":"assistant","model":"gpt-oss","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":100000,"output_tokens":5000}}"""));
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

    [Fact]
    public async Task Costs_of_conversations_are_marked_as_estimates_until_their_models_have_a_price_and_follow_it_then()
    {
        var first = await SayAsync(First);
        await SayAsync(First, Answer, """{"role":"user","content":"Go on."}""");
        await SayAsync(First, Answer, """{"role":"user","content":"Another way."}""");
        var alone = await SayAsync("""{"role":"user","content":"Something else"}""");

        var (cost, estimated) = await CostAsync(first);
        Assert.True(cost > 0, $"it costs {cost}");
        Assert.Equal(cost, estimated);
        var (single, ofSingle) = await CostAsync(alone);
        Assert.Equal((cost / 3, cost / 3), (single, ofSingle));
        string[] pages = ["/dashboard/conversations", $"/dashboard/conversation/{first}?view=tree", $"/dashboard/conversation/{alone}?view=tree"];
        foreach (var page in pages)
            Assert.Contains("≈ $", WebUtility.HtmlDecode(await _session.PageAsync(page)), StringComparison.Ordinal);
        using (var export = JsonDocument.Parse(await _session.PageAsync($"/api/conversations/{first}/export")))
        {
            Assert.Equal(estimated, export.RootElement.GetProperty("conversation").GetProperty("estimatedCostMicros").GetInt64());
            Assert.Equal("unpriced", export.RootElement.GetProperty("nodes")[0].GetProperty("costEstimate").GetString());
        }

        await RepriceAsync();
        Assert.Equal((3_150_000L, 0L), await CostAsync(first));
        Assert.Equal((1_050_000L, 0L), await CostAsync(alone));
        Assert.Equal(1_050_000, await LedgerSums.NumberAsync(_database, "SELECT sum(cost_micros)::bigint FROM conversation_branches"));
        foreach (var page in pages)
            Assert.DoesNotContain("≈ $", WebUtility.HtmlDecode(await _session.PageAsync(page)), StringComparison.Ordinal);
    }

    /// <summary>As the list and the conversation itself tell it.</summary>
    private async Task<(long Cost, long Estimated)> CostAsync(string id)
    {
        static (long Cost, long Estimated) Of(JsonElement shape) => (shape.GetProperty("costMicros").GetInt64(), shape.GetProperty("estimatedCostMicros").GetInt64());
        using var one = JsonDocument.Parse(await _session.PageAsync($"/api/conversations/{id}"));
        using var list = JsonDocument.Parse(await _session.PageAsync("/api/conversations"));
        var branches = one.RootElement.GetProperty("branches").EnumerateArray().Select(Of).ToList();
        var cost = Of(one.RootElement.GetProperty("conversation"));
        Assert.Equal(cost, (branches.Sum(branch => branch.Cost), branches.Sum(branch => branch.Estimated)));
        Assert.Equal(cost, Of(list.RootElement.GetProperty("conversations").EnumerateArray().Single(shape => shape.GetProperty("conversationId").GetString() == id)));
        return cost;
    }

    /// <summary>By a list that names the model: ten dollars a million tokens, whatever they are.</summary>
    private async Task RepriceAsync()
    {
        var prices = _nexus.Services.GetRequiredService<PriceBook>();
        var newest = (await prices.NewestAsync(CancellationToken.None))!;
        var (_, problems) = await _nexus.Services.GetRequiredService<PriceLists>().SaveAsync(newest.Version, [new("gpt-oss", new(10_000_000, 10_000_000, 10_000_000, 10_000_000, 10_000_000)), .. newest.Rules], "a reason", new Actor("tester", null), CancellationToken.None);
        Assert.Empty(problems);
        await using var connection = await _nexus.Services.GetRequiredService<Database>().JobsDataSource.OpenConnectionAsync();
        var changed = await Repricer.RewriteAsync(connection, (await prices.NewestAsync(CancellationToken.None))!, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), _ => Task.CompletedTask, CancellationToken.None);
        Assert.Equal(4, changed.Rows);
    }

    private Task<string> SayAsync(params string[] messages) => _session.RequestAsync($$"""{"model":"gpt-oss","messages":[{{string.Join(',', messages)}}]}""");
}
