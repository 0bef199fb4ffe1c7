using Nexus.Bench.Load;
using Nexus.Bench.Routes;

namespace Nexus.Bench.Scenarios;

internal static class Rounds
{
    /// <summary>Runs a load over a route.</summary>
    /// <param name="every">From one request of a caller to its next; null: at once.</param>
    /// <exception cref="InvalidOperationException">A request failed or a byte differed: no figure is worth anything then.</exception>
    public static async Task<LoadResult> RunAsync(Route route, IReadOnlyList<Caller> callers, TimeSpan? duration = null, long? requests = null, TimeSpan? every = null)
    {
        var result = await CheckedAsync(route, callers, duration, requests, every);
        Console.Error.WriteLine(FormattableString.Invariant($"  {route.Name,-10} {result.Rate,8:F0}/s  {result.Requests} requests of {result.BytesSent / Math.Max(1, result.Requests)} bytes, p50 {result.Latency.Median:F2} ms, p99 {result.Latency.At(0.99):F2} ms, first byte p50 {result.FirstByte.Median:F2} ms"));
        return result;
    }

    /// <summary>The same for many short runs, that need no line each.</summary>
    public static Task RunQuietlyAsync(Route route, IReadOnlyList<Caller> callers, long requests) => CheckedAsync(route, callers, null, requests, null);

    private static async Task<LoadResult> CheckedAsync(Route route, IReadOnlyList<Caller> callers, TimeSpan? duration, long? requests, TimeSpan? every)
    {
        var result = await ClosedLoop.RunAsync(route.Port, callers, duration, requests, every, CancellationToken.None);
        return result.Errors == 0 ? result : throw new InvalidOperationException($"{route.Name}: {result.Errors} of {result.Requests} requests failed. The first: {result.FirstError}");
    }
}
