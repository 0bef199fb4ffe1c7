using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Nexus.Bench.Upstream;

namespace Nexus.Bench.Load;

/// <summary>What many paced streams saw. Times in milliseconds.</summary>
/// <param name="Lateness">By how much each event came after the time at which upstream was due to send it.</param>
internal sealed record StreamsResult(int Complete, IReadOnlyList<string> Errors, Quantiles FirstByte, Quantiles Lateness);

/// <summary>Streams that all begin within a second and bring an event at a fixed pace.</summary>
internal static class PacedStreams
{
    public static async Task<StreamsResult> RunAsync(int port, int streams, int events, int gap, CancellationToken cancellation)
    {
        var lanes = await Task.WhenAll(Enumerable.Range(0, streams).Select(i => Task.Run(async () =>
        {
            await Task.Delay(i * 1000 / streams, cancellation);
            return await StreamAsync(port, i, events, gap, cancellation);
        }, cancellation)));
        return new(
            lanes.Count(lane => lane.Error is null),
            [.. lanes.Select(lane => lane.Error).OfType<string>()],
            new(lanes.Select(lane => lane.FirstByte)),
            new(lanes.SelectMany(lane => lane.Lateness)));
    }

    private static async Task<(double FirstByte, List<double> Lateness, string? Error)> StreamAsync(int port, int i, int events, int gap, CancellationToken cancellation)
    {
        var sink = new LatenessSink();
        using var connection = new Connection(port, sink);
        var start = Stopwatch.GetTimestamp();
        try
        {
            var first = await connection.ExchangeAsync(Request(i, events, gap), cancellation);
            var error = connection.Response.Status == 200 && sink.Stopped && sink.Lateness.Count == events ? null : $"status {connection.Response.Status}, {sink.Lateness.Count} of {events} events";
            return (Stopwatch.GetElapsedTime(start, first).TotalMilliseconds, sink.Lateness, error);
        }
        catch (Exception error) when (error is IOException or SocketException or FormatException)
        {
            return (double.PositiveInfinity, sink.Lateness, error.Message);
        }
    }

    private static List<ArraySegment<byte>> Request(int i, int events, int gap)
    {
        var body = Encoding.ASCII.GetBytes($$"""{"model":"{{LoadAnswers.Model}}","max_tokens":4096,"stream":true,"messages":[{"role":"user","content":"Stream {{i}}: {{Encoding.ASCII.GetString(Corpus.Slice((ulong)i, 800))}}"}]}""");
        var head = Encoding.ASCII.GetBytes($"""
            POST /v1/messages HTTP/1.1
            Host: streams.bench.example
            Accept: application/json
            x-api-key: sk-ant-bench-0000000000000000000000000000
            anthropic-version: 2026-10-21
            Content-Type: application/json
            Content-Length: {body.Length.ToString(CultureInfo.InvariantCulture)}
            {LoadEndpoint.Ask}: paced {events} {gap}


            """.ReplaceLineEndings("\r\n"));
        return [head, body];
    }
}
