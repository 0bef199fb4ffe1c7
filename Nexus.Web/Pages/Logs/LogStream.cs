using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Pages.Live;
using Nexus.Web.Pages.Shared.Logs;

namespace Nexus.Web.Pages.Logs;

/// <summary>New lines for one open page, as rendered rows, from where the page ends.</summary>
internal sealed class LogStream(LogTail.Follower follower, LogReader reader, FragmentRenderer renderer, TimeProvider time)
{
    /// <summary>Rows of one push; what else there is is counted.</summary>
    private const int MostRows = 100;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    /// <summary>Reverse proxies cut connections that are silent for a minute.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <param name="since">The newest line that the page has; null: it has none.</param>
    public async IAsyncEnumerable<SseItem<string>> ReadAsync(LogFilter filter, LogPosition? since, [EnumeratorCancellation] CancellationToken cancellation)
    {
        yield return new("", "beat");
        var known = since;
        // Between the page and this connection lines were written; those written from now on wait at the follower.
        var between = reader.Back(filter, null, MostRows, since ?? default, cancellation).Lines;
        if (since is not null && between.Count > 0)
        {
            known = between[0].Position;
            yield return await RowsAsync(between);
        }

        var lastSent = time.GetUtcNow();
        long skipped = 0;
        while (!cancellation.IsCancellationRequested)
        {
            var (lines, more) = Take(filter, known);
            if (lines.Count > 0)
                yield return await RowsAsync(lines);
            if (more > 0)
                yield return new($"{skipped += more} more lines passed too quickly to be shown here. Narrow the filters, or load the page again.", "behind");
            if (lines.Count > 0 || more > 0)
                lastSent = time.GetUtcNow();
            if (time.GetUtcNow() - lastSent >= Heartbeat)
            {
                lastSent = time.GetUtcNow();
                yield return new("", "beat");
            }

            await Task.Delay(Tick, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What waits and matches, newest first, and how much more there was.</summary>
    private (List<LogLine> Lines, long More) Take(LogFilter filter, LogPosition? known)
    {
        var lines = new List<LogLine>();
        var more = follower.TakeMissed();
        while (follower.TryTake(out var text))
        {
            if ((known is { } last && text.Position.CompareTo(last) <= 0) || !filter.MayMatch(text.Json) || LogLine.Parse(text) is not { } line || !filter.Matches(line))
                continue;
            if (lines.Count < MostRows)
                lines.Add(line);
            else
                more++;
        }

        lines.Reverse();
        return (lines, more);
    }

    private async Task<SseItem<string>> RowsAsync(IReadOnlyList<LogLine> lines) => new(await renderer.RenderAsync(Fragment.Of<LogRows>(("Lines", LogRow.Of(lines)), ("Fresh", true))), "rows");
}
