using System.Diagnostics;
using System.Net.Sockets;

namespace Nexus.Bench.Load;

/// <summary>What a run of load saw. Times in milliseconds.</summary>
internal sealed record LoadResult(long Requests, long Errors, double Seconds, long BytesSent, Quantiles Latency, Quantiles FirstByte, string? FirstError)
{
    public double Rate => Requests / Seconds;
}

/// <summary>Callers that each send their next request when the last is answered, and check every byte both ways.</summary>
internal static class ClosedLoop
{
    /// <summary>Runs until the time is up or the requests are used up, whichever is given.</summary>
    /// <param name="every">From one request of a caller to its next; one that its forerunner delays is sent at once, and its latency counts from when it was due. Callers begin spread over it.</param>
    public static async Task<LoadResult> RunAsync(int port, IReadOnlyList<Caller> callers, TimeSpan? duration, long? requests, TimeSpan? every, CancellationToken cancellation)
    {
        var run = new Shared(port, duration is { } time ? Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency) : long.MaxValue, requests ?? long.MaxValue, every);
        var start = Stopwatch.GetTimestamp();
        var lanes = await Task.WhenAll(callers.Select(caller => Task.Run(() => CallAsync(run, caller, cancellation), cancellation)));
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new(
            lanes.Sum(lane => (long)lane.Latency.Count),
            lanes.Sum(lane => lane.Errors),
            seconds,
            lanes.Sum(lane => lane.BytesSent),
            new(lanes.SelectMany(lane => lane.Latency)),
            new(lanes.SelectMany(lane => lane.FirstByte)),
            lanes.Select(lane => lane.FirstError).FirstOrDefault(error => error is not null));
    }

    private static async Task<Lane> CallAsync(Shared run, Caller caller, CancellationToken cancellation)
    {
        var lane = new Lane();
        var sink = new HashSink();
        using var connection = new Connection(run.Port, sink);
        var due = run.Every is { } every ? TimeSpan.FromTicks(Random.Shared.NextInt64(every.Ticks)) : TimeSpan.Zero;
        var begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetTimestamp() < run.End && Interlocked.Decrement(ref run.Left) >= 0 && lane.Errors < 1000)
        {
            // From when it was due: a stall that delays the requests after it is theirs, too.
            var planned = begun + (long)(due.TotalSeconds * Stopwatch.Frequency);
            if (run.Every is { } pace)
            {
                if (due - Stopwatch.GetElapsedTime(begun) is var left && left > TimeSpan.Zero)
                    await Task.Delay(left, cancellation);
                due += pace;
            }

            var request = caller.Next();
            var start = run.Every is null ? Stopwatch.GetTimestamp() : planned;
            try
            {
                var first = await connection.ExchangeAsync(request, cancellation);
                lane.Took(Stopwatch.GetElapsedTime(start), Stopwatch.GetElapsedTime(start, first), request);
                if (!caller.Accepts(connection.Response, sink.Finish()))
                    lane.Failed($"status {connection.Response.Status}, or bytes differ");
            }
            catch (Exception error) when (error is IOException or SocketException or FormatException)
            {
                sink.Finish();
                lane.Failed(error.Message);
            }
        }

        return lane;
    }

    private sealed class Shared(int port, long end, long left, TimeSpan? every)
    {
        public int Port { get; } = port;

        public long End { get; } = end;

        public TimeSpan? Every { get; } = every;

#pragma warning disable CA1051 // Interlocked wants a field.
        public long Left = left;
#pragma warning restore CA1051
    }

    private sealed class Lane
    {
        public List<double> Latency { get; } = new(4096);

        public List<double> FirstByte { get; } = new(4096);

        public long Errors { get; private set; }

        public string? FirstError { get; private set; }

        public long BytesSent { get; private set; }

        public void Took(TimeSpan whole, TimeSpan first, IList<ArraySegment<byte>> request)
        {
            Latency.Add(whole.TotalMilliseconds);
            FirstByte.Add(first.TotalMilliseconds);
            foreach (var piece in request)
                BytesSent += piece.Count;
        }

        public void Failed(string reason)
        {
            Errors++;
            FirstError ??= reason;
        }
    }
}
