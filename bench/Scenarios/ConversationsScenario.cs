using Nexus.Bench.Load;
using Nexus.Bench.Results;
using Nexus.Bench.Routes;
using Nexus.Bench.Seed;

namespace Nexus.Bench.Scenarios;

/// <summary>The list of ten thousand conversations, searches of it, and one conversation of two thousand requests, as one viewer asks for them.</summary>
internal static class ConversationsScenario
{
    private const string Host = "conversations.bench.example";
    private const double Most = 100;

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Workplace workplace, Effort effort)
    {
        var now = DateTimeOffset.UtcNow;
        await using var nexus = await NexusRoute.WithStorageAsync(workplace);
        foreach (var statement in ConversationSeed.Statements(now, Host, effort.Quick ? 1_000 : 10_000))
            await nexus.ExecuteAsync(statement);
        await nexus.ExecuteAsync(ConversationSeed.Long(now, Host, 2_000));
        var longest = await nexus.QueryAsync<string>(ConversationSeed.LongId(now));
        await nexus.CommandAsync("usage", "rebuild");
        await nexus.ExecuteAsync(LedgerSeed.Settle);
        using var viewer = await PagesScenario.LogInAsync(nexus.DashboardPort, NexusRoute.DashboardKey);
        var figures = new List<Figure> { new("conversations", "", Say.Text($"{await nexus.QueryAsync<long>("SELECT count(*) FROM conversations"):N0} of {await nexus.QueryAsync<long>("SELECT count(*) FROM requests"):N0} requests, the longest of 2,000")) };
        foreach (var address in Addresses(longest))
        {
            var times = await PagesScenario.TimesAsync(viewer, $"http://127.0.0.1:{nexus.DashboardPort}{address}", effort.Quick ? 10 : 100);
            var median = Quantiles.MedianOf(times);
            figures.Add(new(address.Replace(longest, "{2,000 requests}", StringComparison.Ordinal), "< 100 ms", Say.Text($"{median:F0} ms, p99 {new Quantiles(times).At(0.99):F0} ms"), median < Most));
        }

        return figures;
    }

    private static IEnumerable<string> Addresses(string longest) =>
    [
        "/dashboard/conversations", "/dashboard/conversations?range=custom&from=2020-01-01", "/dashboard/conversations?single=true", "/dashboard/conversations?person=key_7&only=errors",
        $"/dashboard/conversations?q={ConversationSeed.CommonWord}", $"/dashboard/conversations?q={ConversationSeed.RareWord}", $"/dashboard/conversations?q={ConversationSeed.CommonWord}+-{ConversationSeed.RareWord}",
        "/api/conversations", "/api/conversations?limit=50&offset=5000", $"/api/conversations?search={ConversationSeed.CommonWord}", $"/api/conversations?search={ConversationSeed.RareWord}",
        $"/dashboard/conversation/{longest}?view=tree", $"/dashboard/conversation/{longest}?view=tree&all=true", $"/dashboard/conversation/{longest}?view=tree&all=true&newest=true", $"/api/conversations/{longest}/tree",
    ];
}
