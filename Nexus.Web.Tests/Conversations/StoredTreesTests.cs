using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Nexus.Web.Capture;
using Nexus.Web.Conversations;
using Nexus.Web.Conversations.Rebuilding;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Usage.Pricing;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Conversations;

public sealed class StoredTreesTests : IAsyncLifetime
{
    private static int _domains;
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private string _database = "";

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database);
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public Task What_two_nodes_store_in_turns_is_the_tree_that_was_sent() =>
        Gen.Select(Plot.Any.List[1, 4], Gen.Int[0, 1000], Gen.Int[1, 7]).SampleAsync(async (plots, seed, size) =>
        {
            var scenes = StoryTeller.Tell(plots, sameOpenings: true);
            await StoreAsync(scenes, Trees.Causal(scenes, new Random(seed)), size, together: false);
        }, iter: 12, threads: 1);

    [Fact]
    public Task What_two_nodes_store_at_once_and_out_of_order_is_the_tree_that_was_sent() =>
        Gen.Select(Plot.Any.List[1, 3], Gen.Int[0, 1000], Gen.Int[1, 4]).SampleAsync(async (plots, seed, size) =>
        {
            var plain = plots.Select(plot => plot with { Steps = [.. plot.Steps.Where(step => step.Kind <= 3).Select(step => step with { Noise = step.Noise / 12 * 12 })] }).ToList();
            var scenes = StoryTeller.Tell(plain, sameOpenings: false);
            await StoreAsync(scenes, Trees.Shuffled(scenes, new Random(seed)), size, together: true);
        }, iter: 12, threads: 1);

    [Fact]
    public Task A_rebuild_makes_the_same_tree_of_what_is_stored_and_then_has_nothing_to_change() =>
        Gen.Select(Plot.Any.List[1, 3], Gen.Int[0, 1000]).SampleAsync(async (plots, seed) =>
        {
            var scenes = StoryTeller.Tell(plots, sameOpenings: true);
            var domain = await StoreAsync(scenes, Trees.Causal(scenes, new Random(seed)), 10, together: false);
            await using var source = NpgsqlDataSource.Create(_database);
            await using (var forget = source.CreateCommand($"""
                UPDATE requests SET conversation_id = NULL, branch_id = NULL, parent_id = NULL, attempt_of = NULL, missing_parent = NULL, prefix_hash = NULL, answer_hash = NULL, person = NULL WHERE domain = '{domain}';
                DELETE FROM conversation_branches WHERE conversation_id IN (SELECT id FROM conversations WHERE domain = '{domain}');
                DELETE FROM conversations WHERE domain = '{domain}'; DELETE FROM conversation_sessions WHERE domain = '{domain}';
                """))
                await forget.ExecuteNonQueryAsync();
            var rebuilder = _nexus.Services.GetRequiredService<Rebuilder>();
            await using var connection = await source.OpenConnectionAsync();
            Task<RebuildSummary> Rebuild(bool dry) => rebuilder.RunAsync(connection, domain, null, dry, _ => Task.CompletedTask, CancellationToken.None);
            Assert.Equal(scenes.Count, (await Rebuild(dry: true)).Changed);
            Assert.Equal(scenes.Count, (await Rebuild(dry: false)).Changed);
            Trees.AssertAre(scenes, await IndexAsync(domain));
            await AssertSumsAsync(domain);
            Assert.Equal(0, (await Rebuild(dry: true)).Changed);
        }, iter: 6, threads: 1);

    private async Task<string> StoreAsync(List<Scene> scenes, IReadOnlyList<Scene> order, int size, bool together)
    {
        var domain = $"d{Interlocked.Increment(ref _domains)}.example";
        await using var one = Writer();
        await using var other = Writer();
        foreach (var pair in order.Chunk(size).Chunk(2))
        {
            Task Write(LedgerWriter writer, Scene[] batch) => writer.WriteAsync([.. batch.Select(scene => scene.Exchange(domain))], CancellationToken.None);
            var first = Write(one, pair[0]);
            if (!together)
                await first;
            await Task.WhenAll(first, pair.Length > 1 ? Write(other, pair[1]) : Task.CompletedTask);
        }

        Trees.AssertAre(scenes, await IndexAsync(domain));
        await AssertSumsAsync(domain);
        return domain;
    }

    private LedgerWriter Writer() => new(_nexus.Services.GetRequiredService<Database>(), _nexus.Services.GetRequiredService<PriceBook>(), new(TimeProvider.System), TimeProvider.System, NullLogger<LedgerWriter>.Instance);

    private async Task<LinkIndex> IndexAsync(string domain)
    {
        await using var source = NpgsqlDataSource.Create(_database);
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(new($"SELECT {StoredNodes.Columns} FROM requests r WHERE domain = $1") { Parameters = { new() { Value = domain } } });
        var index = new LinkIndex();
        await using var reader = await batch.ExecuteReaderAsync();
        await StoredNodes.AddToAsync(index, reader, CancellationToken.None);
        return index;
    }

    /// <summary>What is kept of conversations and branches is what their requests add up to.</summary>
    private async Task AssertSumsAsync(string domain)
    {
        await using var source = NpgsqlDataSource.Create(_database);
        await using var command = source.CreateCommand("""
            SELECT format('%s: %s', c.id, (c.requests, c.turns, c.errors, c.tool_calls, c.input_tokens, c.output_tokens, c.started_at, c.last_at, c.duration_ms, c.subagents, c.compactions, c.forks)),
                format('%s: %s', c.id, (count(r.*)::int, (count(*) FILTER (WHERE r.branch_id IS DISTINCT FROM 'side' AND r.attempt_of IS NULL))::int, (count(*) FILTER (WHERE r.outcome <> 'completed'))::int, sum(r.tool_calls)::int,
                    sum(r.input_tokens)::bigint, sum(r.output_tokens)::bigint, min(r.started_at), max(r.started_at), sum(r.duration_ms)::bigint,
                    count(DISTINCT r.branch_id) FILTER (WHERE r.branch_id LIKE 'subtask%'), count(DISTINCT r.branch_id) FILTER (WHERE r.branch_id LIKE 'compact%'), count(DISTINCT r.branch_id) FILTER (WHERE r.branch_id LIKE 'branch%')))
            FROM conversations c LEFT JOIN requests r ON r.conversation_id = c.id WHERE c.domain = $1 GROUP BY c.id
            UNION ALL
            SELECT format('%s %s: %s', b.conversation_id, b.name, (b.requests, b.errors, b.output_tokens)), format('%s %s: %s', b.conversation_id, b.name, (count(r.*), count(*) FILTER (WHERE r.outcome <> 'completed'), coalesce(sum(r.output_tokens), 0)))
            FROM conversations c JOIN conversation_branches b ON b.conversation_id = c.id LEFT JOIN requests r ON r.conversation_id = c.id AND r.branch_id = b.name WHERE c.domain = $1 GROUP BY b.conversation_id, b.name
            UNION ALL
            SELECT 'without a row: ' || count(*), 'without a row: 0' FROM requests r WHERE domain = $1 AND conversation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM conversations WHERE id = r.conversation_id)
            """);
        command.Parameters.AddWithValue(domain);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            Assert.Equal(reader.GetString(1), reader.GetString(0));
    }
}
