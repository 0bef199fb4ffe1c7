using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Usage.Pricing;
using Xunit;

namespace Nexus.Web.Tests.Usage;

public sealed class IngestSumsTests
{
    private static readonly string[] Models = ["claude-opus-5", "claude-sonnet-5", "claude-haiku-4-5", "gpt-oss"];
    private static readonly string[] Tools = ["Bash", "Read", "Edit"];

    private static readonly Gen<RecordedExchange> Exchange = Gen.Select(
        Gen.Int[0, 3].Select(i => Models[i]), Gen.Int[0, 5000], Gen.Int[0, 5000], Gen.Int[0, 100_000], Gen.Bool, Gen.Int[-120, 120], Gen.Int[0, 2].Select(i => Tools[i]),
        (model, input, output, read, aborted, minutes, tool) =>
        {
            var usage = $$$"""{"input_tokens":{{{input}}},"output_tokens":{{{output}}},"cache_read_input_tokens":{{{read}}},"cache_creation":{"ephemeral_5m_input_tokens":{{{read / 7}}},"ephemeral_1h_input_tokens":{{{read / 9}}}}}""";
            var content = "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"" + tool + "\",\"input\":{}}}\n\n";
            var answer = aborted ? Exchanges.Sse(usage, null, content + Exchanges.Delta(1, "text_delta", "text", new string('x', 20_000)), model) : Exchanges.Sse(usage, "{}", content, model);
            return Exchanges.Of(
                answer, aborted ? Outcome.ClientAborted : Outcome.Completed, at: Exchanges.Noon.AddMinutes(minutes), account: "account",
                headers: [("anthropic-ratelimit-unified-5h-utilization", (0.5 + (minutes / 1000.0)).ToString(System.Globalization.CultureInfo.InvariantCulture)), ("anthropic-ratelimit-unified-status", "allowed")]);
        });

    [Fact]
    public async Task Ledger_and_rollups_add_up_to_the_same_whatever_the_batches_their_order_and_their_repetition()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        await Gen.Select(Exchange.Array[1, 40], Gen.Int[1, 9], Gen.Int[0, 1000]).SampleAsync(async (exchanges, size, seed) =>
        {
            var database = await Postgres.NewDatabaseAsync();
            await using var nexus = await NexusApp.StartAsync(upstream, database);
            await nexus.ReadyAsync();
            await using var writer = new LedgerWriter(nexus.Services.GetRequiredService<Database>(), nexus.Services.GetRequiredService<PriceBook>(), new(TimeProvider.System), TimeProvider.System, NullLogger<LedgerWriter>.Instance);
            var random = new Random(seed);
            var order = exchanges.Concat(exchanges.Where(_ => random.Next(3) == 0)).OrderBy(_ => random.Next()).ToArray();
            foreach (var batch in order.Chunk(size))
                await writer.WriteAsync([.. batch.DistinctBy(exchange => exchange.Id)], CancellationToken.None);

            Assert.Equal(exchanges.Length, await LedgerSums.NumberAsync(database, "SELECT count(*) FROM requests WHERE cost_micros IS NOT NULL AND price_version = 1"));
            await LedgerSums.AssertEqualRollupsAsync(database);
            Assert.Equal(exchanges.Length, await LedgerSums.NumberAsync(database, "SELECT sum(calls) FROM usage_tools_15m"));
            // The newest exchange has the last word on the account's window, whenever it was stored.
            var newest = exchanges.Max(exchange => exchange.Start.StartedAt);
            Assert.Equal(1, await LedgerSums.NumberAsync(database, $"SELECT count(*) FROM account_windows WHERE window_name = '5h' AND date_trunc('minute', observed_at) = '{newest:O}'"));
        }, iter: 4, threads: 1);
    }
}
