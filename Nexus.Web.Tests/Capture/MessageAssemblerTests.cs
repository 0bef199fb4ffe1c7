using System.Text;
using CsCheck;
using Nexus.Web.Capture;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Usage;
using Xunit;

namespace Nexus.Web.Tests.Capture;

public sealed class MessageAssemblerTests
{
    [Fact]
    public void A_whole_stream_gives_the_message_with_every_block_and_token_class()
    {
        var assembled = MessageAssembler.FromStream(Streams.Whole);
        Assert.True(assembled.Stopped);
        Assert.Equal("tool_use", assembled.Message!["stop_reason"]!.GetValue<string>());
        Assert.Equal(new TokenUsage(10, 5, 3, 4, 100), TokenUsage.From(assembled.Message["usage"]));
        Assert.Equal(3, assembled.Message["content"]!.AsArray().Count);
    }

    [Fact]
    public void A_stream_cut_anywhere_never_throws_and_never_claims_to_be_whole()
    {
        for (var length = 0; length < Streams.Whole.Length - 2; length++)
        {
            var assembled = MessageAssembler.FromStream(Streams.Whole.AsMemory(0, length));
            Assert.False(assembled.Stopped, $"after {length} bytes");
        }
    }

    [Fact]
    public void Unknown_blocks_and_deltas_are_kept_as_they_came()
    {
        var stream = """
            event: message_start
            data: {"type":"message_start","message":{"id":"m","new_field":[1]}}

            event: content_block_start
            data: {"type":"content_block_start","index":0,"content_block":{"type":"hologram","depth":3}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":0,"delta":{"type":"photon_delta","n":1}}

            event: content_block_start
            data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"X","input":{}}}

            event: content_block_delta
            data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}


            """;
        var message = MessageAssembler.FromStream(Encoding.UTF8.GetBytes(stream.ReplaceLineEndings("\n"))).Message!;
        Assert.Equal("""{"type":"hologram","depth":3,"unknown_deltas":[{"type":"photon_delta","n":1}]}""", message["content"]![0]!.ToJsonString());
        Assert.Equal("""{"a":""", message["content"]![1]!["input"]!["_raw"]!.GetValue<string>());
        Assert.Equal("[1]", message["new_field"]!.ToJsonString());
    }

    [Fact]
    public void An_error_event_names_its_type_and_message()
    {
        var assembled = MessageAssembler.FromStream("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Busy\"}}\n\n"u8.ToArray());
        Assert.Equal(("overloaded_error", "Busy"), (assembled.ErrorType, assembled.ErrorMessage));
    }

    [Fact]
    public void The_facts_of_any_stream_are_those_of_the_message_assembled_from_it() => Events.Sample(events =>
    {
        var stream = Encoding.UTF8.GetBytes(events);
        var (whole, facts) = (MessageAssembler.FromStream(stream), MessageAssembler.FactsOfStream(stream));
        Assert.Equal(Told(whole), Told(facts));
    });

    private static readonly Gen<string> Data = Gen.OneOf(
        Generators.OneOf(Streams.Events.Select(text => text.Split('\n')[1]["data: ".Length..]).ToArray()),
        Generators.OneOf("""{"type":"content_block_delta","index":9}""", """{"index":4,"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{"}}""", """{"type":"message_delta","delta":{"stop_reason":"a\ud800","model":"x"},"usage":{"input_tokens":0,"output_tokens":1e9}}""", """{"type":"error","error":{"type":"t","message":7}}""", """{"type":"message_start","message":{"id":1,"usage":null}}""", "[DONE]", "{"));

    private static readonly Gen<string> Events = Gen.Select(Data, Generators.OneOf("\n\n", "\r\n\r\n", "\n", "\n\nevent: x\n", "\n\n: comment\n"), (data, end) => $"data: {data}{end}").Array[0, 12].Select(string.Concat);

    private static string Told(AssembledMessage message) =>
        $"{TokenUsage.From(message.Message?["usage"])} {MessageAssembler.Text(message.Message, "stop_reason")} {MessageAssembler.Text(message.Message, "model")} {MessageAssembler.Text(message.Message, "id")} {message.ToolCalls} {message.ErrorType} {message.ErrorMessage} {message.Stopped} {message.FirstContentOffset}";
}
