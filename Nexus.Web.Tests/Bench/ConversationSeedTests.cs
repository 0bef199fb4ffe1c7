using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Nexus.Bench.Scenarios;
using Nexus.Bench.Seed;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Usage;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Bench;

public sealed class ConversationSeedTests
{
    [Fact]
    public async Task What_is_seeded_is_listed_found_by_its_words_and_drawn()
    {
        var now = DateTimeOffset.UtcNow;
        await using var upstream = await FakeAnthropic.StartAsync();
        var database = await Postgres.NewDatabaseAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, database);
        await nexus.ReadyAsync();
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        foreach (var statement in ConversationSeed.Statements(now, "seeded.example", 30).Append(ConversationSeed.Long(now, "seeded.example", 600)))
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync();
        }

        await using var find = new NpgsqlCommand(ConversationSeed.LongId(now), connection);
        var id = (string)(await find.ExecuteScalarAsync())!;
        using var viewer = await PagesScenario.LogInAsync(nexus.Dashboard.BaseAddress!.Port, NexusApp.Key);
        var list = await viewer.GetFromJsonAsync<JsonNode>(new Uri(nexus.Dashboard.BaseAddress, "/api/conversations?limit=1000"));
        Assert.Equal(61, (int)list!["pagination"]!["total"]!);
        var words = await viewer.GetFromJsonAsync<JsonNode>(new Uri(nexus.Dashboard.BaseAddress, "/api/conversations?search=" + ConversationSeed.CommonWord));
        Assert.InRange((int)words!["pagination"]!["total"]!, 1, 31);
        var tree = await viewer.GetFromJsonAsync<JsonNode>(new Uri(nexus.Dashboard.BaseAddress, $"/api/conversations/{id}/tree"));
        Assert.Equal(600, tree!["nodes"]!.AsArray().Count);
        Assert.Contains("600 requests", await viewer.GetStringAsync(new Uri(nexus.Dashboard.BaseAddress, $"/dashboard/conversation/{id}?view=tree&all=true")), StringComparison.Ordinal);
        // Each request but the first of a conversation follows one of the same conversation that came before it.
        Assert.Equal(0, await LedgerSums.NumberAsync(database, "SELECT count(*) FROM requests r WHERE conversation_id <> id AND NOT EXISTS (SELECT FROM requests p WHERE p.id = r.parent_id AND p.conversation_id = r.conversation_id AND p.started_at < r.started_at)"));
        Assert.Equal(0, await LedgerSums.NumberAsync(database, "SELECT count(*) FROM conversations c WHERE requests <> (SELECT count(*) FROM requests r WHERE r.conversation_id = c.id)"));
    }
}
