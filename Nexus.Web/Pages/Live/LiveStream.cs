using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Morning;

namespace Nexus.Web.Pages.Live;

/// <summary>What one open page is sent, as rendered fragments: nothing while nothing happens, but for a heartbeat.</summary>
internal sealed class LiveStream(LiveViewer viewer, InFlightSnapshots inFlight, FragmentRenderer renderer, TimeProvider time)
{
    /// <summary>Rows of one push; a page shows no more at first either.</summary>
    public const int MostRows = 50;

    /// <summary>What happens within it is sent together.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>Reverse proxies cut connections that are silent for a minute; ours may not be.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private InFlightRows? _shown;
    private DateTimeOffset _lastSent;
    private DateTimeOffset _lastInFlight = DateTimeOffset.MinValue;

    /// <summary>Whole page parts that follow rollups are asked to load anew; no more often than this.</summary>
    private static readonly TimeSpan BetweenUsage = TimeSpan.FromSeconds(3);

    private DateTimeOffset _lastUsage;
    private bool _usageChanged;

    /// <param name="first">What came between page and connection; null: it is not known, and the page loads anew.</param>
    public async IAsyncEnumerable<SseItem<string>> ReadAsync(IReadOnlyList<RequestLine>? first, LiveView view, [EnumeratorCancellation] CancellationToken cancellation)
    {
        _lastUsage = _lastSent = time.GetUtcNow();
        // Headers go out with the first event: the page learns at once that it is live.
        yield return new("", "beat");
        if (first is null)
            yield return new("", "resync");
        else if (view != LiveView.Sums && first.Count > 0)
            yield return await RowsAsync(view, first, 0);
        while (!cancellation.IsCancellationRequested)
        {
            foreach (var item in await ChangesAsync(view))
            {
                _lastSent = time.GetUtcNow();
                yield return item;
            }

            await Task.Delay(Tick, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<List<SseItem<string>>> ChangesAsync(LiveView view)
    {
        var items = new List<SseItem<string>>();
        var now = time.GetUtcNow();
        var lines = viewer.Drain(MostRows);
        var missed = viewer.TakeMissed();
        if (viewer.TakeResync())
            items.Add(new("", "resync"));
        if (view != LiveView.Sums && lines.Count > 0)
            items.Add(await RowsAsync(view, lines, missed));
        if (view == LiveView.Requests && missed > 0)
            items.Add(new(await renderer.RenderAsync(Fragment.Of<BehindNotice>(("Href", "/dashboard/requests" + viewer.Filter.Query(viewer.Table.Pairs)), ("Count", viewer.Filter.IsEmpty ? missed : null))), "behind"));
        _usageChanged |= view != LiveView.Requests && (lines.Count > 0 || missed > 0);
        if (_usageChanged && now - _lastUsage >= BetweenUsage)
        {
            (_usageChanged, _lastUsage) = (false, now);
            items.Add(new("", "usage"));
        }

        if (view != LiveView.Sums && now - _lastInFlight >= Second)
        {
            _lastInFlight = now;
            var current = InFlightRows.Of(inFlight.Current(), viewer.Filter);
            if (!current.Equals(_shown))
                items.Add(new(await renderer.RenderAsync(Fragment.Of<InFlightList>(("Requests", current.Requests), ("More", current.More), ("Now", now))), "in-flight"));
            _shown = current;
        }

        if (items.Count == 0 && now - _lastSent >= Heartbeat)
            items.Add(new("", "beat"));
        return items;
    }

    private async Task<SseItem<string>> RowsAsync(LiveView view, IReadOnlyList<RequestLine> lines, long missed)
    {
        var newest = lines.OrderByDescending(line => line.At).ToList();
        return view == LiveView.Overview
            ? new(await renderer.RenderAsync(Fragment.Of<TailRows>(("Rows", newest), ("Fresh", true), ("Skipped", missed))), "tail")
            : new(await renderer.RenderAsync(Fragment.Of<RequestRows>(("Rows", newest), ("Query", viewer.Filter.Query(viewer.Table.Pairs)), ("Columns", viewer.Table.Shown.Select(column => column.Name).ToList()), ("Fresh", true))), "rows");
    }
}
