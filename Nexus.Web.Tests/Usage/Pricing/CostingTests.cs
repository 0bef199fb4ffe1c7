using Nexus.Web.Capture;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Pricing;
using Xunit;

namespace Nexus.Web.Tests.Usage.Pricing;

public sealed class CostingTests
{
    [Theory]
    [InlineData("""{"input_tokens":10,"output_tokens":5}""", 10, 5, 0, 0, 0)]
    [InlineData("""{"input_tokens":10,"output_tokens":5,"cache_creation_input_tokens":7,"cache_read_input_tokens":3}""", 10, 5, 7, 0, 3)]
    [InlineData("""{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":7,"cache_creation":{"ephemeral_5m_input_tokens":3,"ephemeral_1h_input_tokens":4}}""", 1, 2, 3, 4, 0)]
    [InlineData("""{"input_tokens":1,"output_tokens":2,"cache_creation":{"ephemeral_1h_input_tokens":4}}""", 1, 2, 0, 4, 0)]
    [InlineData("""{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":4}}""", 1, 2, 5, 4, 0)]
    [InlineData("""{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":null,"cache_creation":null,"cache_read_input_tokens":null,"server_tool_use":null}""", 1, 2, 0, 0, 0)]
    [InlineData("""{"input_tokens":1,"output_tokens":2,"server_tool_use":{"web_search_requests":3},"service_tier":"batch","speed":"fast","of_the_future":[{}]}""", 1, 2, 0, 0, 0)]
    [InlineData("""{"input_tokens":"ten","output_tokens":-5,"cache_read_input_tokens":1.5,"cache_creation":[1]}""", 0, 0, 0, 0, 0)]
    [InlineData("""{"input_tokens":99999999999999999999999,"output_tokens":9000000000000000000}""", 0, int.MaxValue, 0, 0, 0)]
    [InlineData("{}", 0, 0, 0, 0, 0)]
    public void Every_shape_of_usage_gives_its_token_classes_from_json_and_from_a_stream(string usage, long input, long output, long fiveMinutes, long hour, long read)
    {
        var tokens = new TokenUsage(input, output, fiveMinutes, hour, read);
        foreach (var answer in new[] { Exchanges.Json(usage), Exchanges.Sse(usage, "{}") })
        {
            var row = Exchanges.Row(answer);
            Assert.Equal(tokens, Costing.Tokens(row));
            Assert.Equal(input + (2 * output) + (3 * read) + (4 * fiveMinutes) + (5 * hour), row.CostMicros);
            Assert.Equal((7, null), (row.PriceVersion, row.CostEstimate));
        }
    }

    [Theory]
    [InlineData("""{"input_tokens":10,"output_tokens":1}""", """{"output_tokens":50}""", 10, 50, 0, 0, 0)]
    [InlineData("""{"input_tokens":0,"output_tokens":0}""", """{"input_tokens":11,"output_tokens":50,"cache_read_input_tokens":4,"cache_creation_input_tokens":6}""", 11, 50, 6, 0, 4)]
    [InlineData("""{"input_tokens":10,"output_tokens":3,"cache_read_input_tokens":8}""", """{"input_tokens":0,"output_tokens":0,"cache_read_input_tokens":null}""", 10, 3, 0, 0, 8)]
    [InlineData("""{"input_tokens":10,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0}}""", """{"output_tokens":2,"cache_creation_input_tokens":6}""", 10, 2, 6, 0, 0)]
    public void What_a_delta_reports_replaces_what_the_start_said_and_silence_keeps_it(string start, string delta, long input, long output, long fiveMinutes, long hour, long read) =>
        Assert.Equal(new TokenUsage(input, output, fiveMinutes, hour, read), Costing.Tokens(Exchanges.Row(Exchanges.Sse(start, delta))));

    [Fact]
    public void Without_a_usage_nothing_is_billed_and_the_cost_stays_open()
    {
        using var analysis = new ExchangeAnalysis { Prices = Exchanges.Simple };
        foreach (var exchange in new[]
        {
            Exchanges.Of("""{"id":"msg_1","type":"message","model":"simple-1","content":[]}"""),
            Exchanges.Of(Exchanges.Json("null")),
            Exchanges.Of("""{"type":"error","error":{"type":"overloaded_error","message":"Later"}}""", status: 529),
            Exchanges.Of("""{"input_tokens":2000}""", path: "/v1/messages/count_tokens"),
            Exchanges.Of("", Outcome.UpstreamCut, stream: true),
        })
        {
            var row = analysis.Analyse(exchange).Row;
            Assert.Equal((null, null, null, 0L), (row.CostMicros, row.PriceVersion, row.CostEstimate, row.InputTokens));
        }
    }

    [Fact]
    public void Attempts_are_billed_one_by_one_at_their_own_models_price_and_those_without_output_are_free()
    {
        const string Usage = """
            {"input_tokens":100,"output_tokens":20,"iterations":[
             {"type":"message","model":"other-1","input_tokens":1000,"output_tokens":0},
             {"type":"message","model":"other-1","input_tokens":7,"output_tokens":3},
             {"type":"fallback_message","input_tokens":100,"output_tokens":20,"cache_creation":{"ephemeral_1h_input_tokens":2},"cache_read_input_tokens":1},
             "of the future"]}
            """;
        var row = Exchanges.Row(Exchanges.Json(Usage.ReplaceLineEndings("")));
        Assert.Equal(100 + (7 * 10) + (3 * 10) + (20 * 2) + (2 * 5) + 3, row.CostMicros);
        Assert.Equal(100, row.InputTokens);
        var attempts = Iterations.Read(row.Iterations);
        Assert.Equal([new("other-1", new(1000, 0, 0, 0, 0)), new("other-1", new(7, 3, 0, 0, 0)), new Attempt(null, new(100, 20, 0, 2, 1))], attempts);

        // From its own columns alone a row is costed again, to the same and to another price.
        var before = row.CostMicros;
        Costing.Price(row, Exchanges.Simple);
        Assert.Equal(before, row.CostMicros);
    }

    [Fact]
    public void A_single_attempt_that_is_the_answer_itself_is_not_stored_twice()
    {
        var row = Exchanges.Row(Exchanges.Json("""{"input_tokens":10,"output_tokens":5,"iterations":[{"type":"message","model":"simple-1","input_tokens":10,"output_tokens":5}]}"""));
        Assert.Equal((null, 20L), (row.Iterations, row.CostMicros));
    }

    [Fact]
    public void A_thousand_attempts_stay_small_in_the_ledger_and_are_all_billed()
    {
        var items = string.Join(',', Enumerable.Range(0, 1000).Select(i => $$"""{"model":"{{(i % 2 == 0 ? "simple" : "other")}}","input_tokens":1,"output_tokens":1}"""));
        var row = Exchanges.Row(Exchanges.Json($$"""{"input_tokens":1,"output_tokens":1,"iterations":[{{items}}]}"""));
        Assert.Equal(500 * (3 + 20), row.CostMicros);
        Assert.True(row.Iterations!.Length < 1000, $"{row.Iterations.Length} characters");
    }

    [Theory]
    [InlineData(nameof(Outcome.ClientAborted))]
    [InlineData(nameof(Outcome.UpstreamCut))]
    [InlineData(nameof(Outcome.UpstreamTimeout))]
    [InlineData(nameof(Outcome.Interrupted))]
    public void A_stream_that_broke_off_is_billed_by_what_was_reported_and_what_was_streamed(string outcome)
    {
        // 70 bytes of text, thinking and tool input: 20 tokens at 3.5 bytes each, of which one was reported.
        var content = Exchanges.Delta(0, "thinking_delta", "thinking", new string('t', 30)) + Exchanges.Delta(1, "text_delta", "text", new string('é', 15)) + Exchanges.Delta(2, "input_json_delta", "partial_json", "{\"path\":\"/");
        var row = Exchanges.Row(Exchanges.Sse("""{"input_tokens":10,"output_tokens":1}""", null, content), Enum.Parse<Outcome>(outcome));
        Assert.Equal((1L, 19L), (row.OutputTokens, row.EstimatedOutputTokens));
        Assert.Equal((10 + (20 * 2), "aborted"), (row.CostMicros, row.CostEstimate));
        Costing.Price(row, Exchanges.Simple);
        Assert.Equal((10 + (20 * 2), "aborted"), (row.CostMicros, row.CostEstimate));
    }

    [Fact]
    public void A_stream_that_broke_off_after_its_final_counts_is_billed_exactly()
    {
        var whole = Exchanges.Sse("""{"input_tokens":10,"output_tokens":1}""", """{"output_tokens":2}""", Exchanges.Delta(0, "text_delta", "text", new string('t', 500)));
        var row = Exchanges.Row(whole[..whole.IndexOf("event: message_stop", StringComparison.Ordinal)], Outcome.ClientAborted);
        Assert.Equal((2L, 0L, 14L, null), (row.OutputTokens, row.EstimatedOutputTokens, row.CostMicros, row.CostEstimate));
    }

    [Fact]
    public void A_stream_cut_anywhere_is_costed_without_a_fault()
    {
        for (var length = 1; length < Streams.Whole.Length; length += 7)
        {
            var row = Exchanges.Row(System.Text.Encoding.UTF8.GetString(Streams.Whole, 0, length), Outcome.ClientAborted);
            Assert.Equal(row.InputTokens > 0, row.CostMicros > 0);
        }
    }

    [Fact]
    public void A_model_without_a_price_costs_the_fallback_and_says_so()
    {
        var row = Exchanges.Row(Exchanges.Json("""{"input_tokens":1,"output_tokens":1}""", model: "gpt-oss"));
        Assert.Equal((200L, "unpriced"), (row.CostMicros, row.CostEstimate));
        row = Exchanges.Row(Exchanges.Sse("""{"input_tokens":1,"output_tokens":1}""", null, model: "gpt-oss"), Outcome.ClientAborted);
        Assert.Equal("unpriced,aborted", row.CostEstimate);
    }

    [Fact]
    public void Savings_are_what_reading_saved_less_what_writing_cost_beyond_input()
    {
        var list = new PriceList(1, [new(".*", new(3_000_000, 15_000_000, 300_000, 3_750_000, 6_000_000), Fallback: true)]);
        var row = Exchanges.Row(Exchanges.Json("""{"cache_read_input_tokens":1000,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":10}}"""), list: list);
        Assert.Equal(2700 - 75 - 30, row.CacheSavingsMicros);
        row = Exchanges.Row(Exchanges.Json("""{"cache_creation_input_tokens":1000}"""), list: list);
        Assert.Equal(-750, row.CacheSavingsMicros);
    }
}
