using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Nexus.Bench.Load;
using Nexus.Bench.Upstream;
using Xunit;

namespace Nexus.Web.Tests.Bench;

public sealed class LoadTests
{
    [Theory]
    [InlineData(0.5, 50)]
    [InlineData(0.99, 99)]
    [InlineData(1, 100)]
    [InlineData(0, 1)]
    public void A_quantile_is_the_value_of_its_rank(double quantile, double expected) =>
        Assert.Equal(expected, new Quantiles(Enumerable.Range(1, 100).Reverse().Select(i => (double)i)).At(quantile));

    [Fact]
    public void The_median_of_two_is_between_them() => Assert.Equal(1.5, Quantiles.MedianOf([1, 2]));

    [Fact]
    public void Answers_are_read_whole_however_the_network_cuts_them() =>
        Gen.Select(Gen.Byte.Array[0, 3000], Gen.Int[1, 200].List[1, 20], Gen.Bool).Sample((body, cuts, chunked) =>
        {
            var sink = new HashSink();
            var parser = new ResponseParser(sink);
            byte[] answer = chunked ? Chunked(body, cuts) : [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nX-Simulate-Received: 00000000000000ff\r\n\r\n"), .. body];

            var complete = false;
            for (int at = 0, i = 0; at < answer.Length; i++)
            {
                Assert.False(complete);
                var length = Math.Min(cuts[i % cuts.Count], answer.Length - at);
                complete = parser.Feed(answer.AsSpan(at, length));
                at += length;
            }

            Assert.True(complete);
            Assert.Equal(200, parser.Status);
            Assert.Equal(255ul, parser.ReceivedHash);
            Assert.Equal(body.Length > 0, parser.HasBody);
            Assert.Equal(System.IO.Hashing.XxHash3.HashToUInt64(body), sink.Finish());
        });

    [Fact]
    public async Task Every_turn_of_a_session_is_valid_and_repeats_the_one_before_but_for_its_end()
    {
        await using var upstream = await SimulatedAnthropic.StartAsync(0);
        var caller = new ClaudeCodeCaller("code.example", 0, 70_000);
        var before = Messages(caller);

        var result = await ClosedLoop.RunAsync(new Uri(SimulatedAnthropic.AddressOf(upstream)).Port, [caller], null, 3, null, CancellationToken.None);

        var after = Messages(caller);
        Assert.Equal((3, 0), (result.Requests, result.Errors));
        Assert.Equal(before.Count + 6, after.Count);
        Assert.True(before.SkipLast(1).Zip(after).All(pair => JsonNode.DeepEquals(pair.First, pair.Second)));
        Assert.Equal("ephemeral", before[^1]!["content"]![0]!["cache_control"]!["type"]!.GetValue<string>());
        Assert.Null(after[before.Count - 1]!["content"]![0]!["cache_control"]);
    }

    [Fact]
    public async Task An_answer_with_a_changed_byte_is_an_error()
    {
        await using var fake = await Infrastructure.FakeAnthropic.StartAsync();
        fake.Replies("application/json", Infrastructure.Streams.Json);

        var result = await ClosedLoop.RunAsync(new Uri(fake.Url).Port, [new SmallCaller("small.example")], null, 2, null, CancellationToken.None);

        Assert.Equal(2, result.Errors);
    }

    [Fact]
    public async Task A_pace_keeps_a_callers_requests_apart()
    {
        await using var upstream = await SimulatedAnthropic.StartAsync(0);

        var result = await ClosedLoop.RunAsync(new Uri(SimulatedAnthropic.AddressOf(upstream)).Port, [new SmallCaller("small.example")], null, 4, TimeSpan.FromMilliseconds(60), CancellationToken.None);

        Assert.Equal((4, 0), (result.Requests, result.Errors));
        Assert.True(result.Seconds > 0.15, $"{result.Seconds} s");
    }

    private static JsonArray Messages(ClaudeCodeCaller caller)
    {
        var body = caller.Next().Skip(1).SelectMany(piece => piece).ToArray();
        return JsonNode.Parse(body)!["messages"]!.AsArray();
    }

    private static byte[] Chunked(byte[] body, List<int> sizes)
    {
        var bytes = new List<byte>(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Simulate-Received: 00000000000000ff\r\n\r\n"));
        for (int at = 0, i = 0; at < body.Length; i++)
        {
            var length = Math.Min(sizes[(i * 7) % sizes.Count], body.Length - at);
            bytes.AddRange(Encoding.ASCII.GetBytes($"{length:x}\r\n"));
            bytes.AddRange(body.AsSpan(at, length));
            bytes.AddRange("\r\n"u8);
            at += length;
        }

        bytes.AddRange("0\r\n\r\n"u8);
        return [.. bytes];
    }
}
