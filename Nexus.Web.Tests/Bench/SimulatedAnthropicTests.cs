using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Nexus.Bench.Upstream;
using Nexus.Web.Capture;
using Xunit;

namespace Nexus.Web.Tests.Bench;

public sealed class SimulatedAnthropicTests
{
    private static readonly Gen<Block> AnyBlock = Gen.OneOf(
        Gen.String.Where(IsWhole).Select(Block.Says),
        Gen.String.Where(IsWhole).Select(Block.Thinks),
        Gen.String.Where(IsWhole).Select(text => Block.Calls("Bash", new JsonObject { ["command"] = text })));

    [Fact]
    public void What_is_streamed_is_assembled_to_the_message_that_JSON_answers_have() =>
        Gen.Select(AnyBlock.List[1, 4], Gen.Int[1, 40]).Sample((blocks, deltaLength) =>
        {
            var plan = new Plan("claude-sonnet-5", blocks, "end_turn", new(7, 30, 1000, 50, 20));
            byte[] stream = [.. EventStream.Events(plan, deltaLength).SelectMany(item => item)];

            var assembled = MessageAssembler.FromStream(stream);

            Assert.True(assembled.Stopped);
            Assert.True(JsonNode.DeepEquals(MessageAssembler.FromJson(Encoding.UTF8.GetBytes(JsonAnswer.Message(plan).ToJsonString())).Message, assembled.Message),
                $"{JsonAnswer.Message(plan).ToJsonString()}\n{assembled.Message?.ToJsonString()}");
        });

    [Fact]
    public void The_load_s_stream_and_the_next_turn_s_history_say_the_same()
    {
        var assembled = MessageAssembler.FromStream(LoadAnswers.Stream(4711).Whole(4711));
        var turn = JsonNode.Parse(LoadAnswers.Turn(4711).Whole(4711))!;

        Assert.Equal("msg_010000000000001267", assembled.Message!["id"]!.GetValue<string>());
        Assert.True(JsonNode.DeepEquals(turn["content"], assembled.Message["content"]));
    }

    [Theory]
    [InlineData("status=529,retry-after=3", 529, "overloaded_error")]
    [InlineData("status=429,retry-after=3", 429, "rate_limit_error")]
    public async Task An_error_has_its_envelope_status_and_retry_after(string how, int status, string type)
    {
        await using var upstream = await SimulatedAnthropic.StartAsync(0);
        using var client = new HttpClient();

        using var answer = await AskAsync(client, upstream, how);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(3), answer.Headers.RetryAfter!.Delta);
        Assert.Equal(type, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!["type"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_cut_ends_the_connection_after_the_events_asked_for()
    {
        await using var upstream = await SimulatedAnthropic.StartAsync(0);
        using var client = new HttpClient();
        using var answer = await AskAsync(client, upstream, "cut=3,words=50");
        using var received = new MemoryStream();

        await Assert.ThrowsAnyAsync<Exception>(async () => await (await answer.Content.ReadAsStreamAsync()).CopyToAsync(received));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(3, Encoding.UTF8.GetString(received.ToArray()).Split("event: ").Length - 1);
    }

    private static async Task<HttpResponseMessage> AskAsync(HttpClient client, Microsoft.AspNetCore.Builder.WebApplication upstream, string how)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, SimulatedAnthropic.AddressOf(upstream) + "/v1/messages") { Content = new StringContent("""{"model":"claude-haiku-4-5","stream":true,"messages":[]}""") };
        request.Headers.Add("x-simulate", how);
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>JSON cannot carry half a character.</summary>
    private static bool IsWhole(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                return false;
            i++;
        }

        return true;
    }
}
