using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Pages;
using Nexus.Web.Pages.Live;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Proxy;
using Xunit;

namespace Nexus.Web.Tests.Pages.Live;

public sealed class LiveStreamTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
    private readonly ServiceProvider _services = new ServiceCollection().BuildServiceProvider();
    private readonly LiveViewer _viewer = new(new RequestFilter());

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public async Task A_silent_stream_beats_every_fifteen_seconds()
    {
        await using var stream = Read();
        Assert.Equal("beat", await NextAsync(stream));
        Assert.Equal("in-flight", await NextAsync(stream));
        var from = _time.GetUtcNow();
        Assert.Equal("beat", await NextAsync(stream));
        Assert.InRange((_time.GetUtcNow() - from).TotalSeconds, 14.5, 15.5);
    }

    [Fact]
    public async Task A_viewer_that_cannot_follow_is_told_how_many_it_missed_and_keeps_no_more_than_its_share()
    {
        await using var stream = Read();
        Assert.Equal("beat", await NextAsync(stream));
        for (var i = 0; i < LiveViewer.Capacity + 7; i++)
            _viewer.Offer(new(Guid.CreateVersion7(), _time.GetUtcNow(), "d", null, null, "main", "completed", 200, null, 0, 0, 0, 0, null, 1));
        Assert.Equal("rows", await NextAsync(stream));
        Assert.Equal(LiveStream.MostRows, stream.Current.Data.Split("<tr").Length - 1);
        Assert.Equal("behind", await NextAsync(stream));
        Assert.Contains("7 new requests", stream.Current.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_overview_is_sent_the_last_requests_and_a_list_of_sums_only_the_word()
    {
        await using var overview = Read(LiveView.Overview);
        Assert.Equal("beat", await NextAsync(overview));
        var line = new RequestLine(Guid.CreateVersion7(), _time.GetUtcNow(), "one.example", "claude-opus-5", null, "main", "completed", 200, null, 0, 5, 0, 0, null, 1);
        for (var i = 0; i < LiveViewer.Capacity + 7; i++)
            _viewer.Offer(line with { Id = Guid.CreateVersion7() });
        Assert.Equal("tail", await NextAsync(overview));
        Assert.Equal(LiveStream.MostRows, overview.Current.Data.Split("<li id=\"t-").Length - 1);
        Assert.Contains("and 7 more", overview.Current.Data, StringComparison.Ordinal);
        var seen = new List<string>();
        while (!seen.Contains("usage"))
            seen.Add(await NextAsync(overview));
        Assert.DoesNotContain("rows", seen);
        _viewer.Drain(LiveViewer.Capacity);

        await using var sums = Read(LiveView.Sums);
        Assert.Equal("beat", await NextAsync(sums));
        _viewer.Offer(line);
        seen.Clear();
        while (!seen.Contains("usage"))
            seen.Add(await NextAsync(sums));
        Assert.DoesNotContain("tail", seen);
    }

    [Fact]
    public void No_more_pages_than_the_bound_are_live()
    {
        var viewers = new LiveViewers();
        for (var i = 0; i < LiveViewers.Most; i++)
            Assert.True(viewers.TryAdd(new(new RequestFilter())));
        var one = new LiveViewer(new RequestFilter());
        Assert.False(viewers.TryAdd(one));
        Assert.Equal(LiveViewers.Most, viewers.Count);
    }

    [Fact]
    public void What_was_told_of_last_is_known_as_far_as_it_is_complete()
    {
        var recent = new RecentRequests(_time);
        Assert.Null(recent.Since(_time.GetUtcNow(), 50));
        recent.Begin();
        var begun = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromSeconds(1));
        var ids = Enumerable.Range(0, 60).Select(_ => Guid.CreateVersion7()).ToList();
        recent.Add(ids[..10]);
        Assert.Null(recent.Since(begun, 50));
        Assert.Equal(10, recent.Since(_time.GetUtcNow(), 50)!.Count);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(recent.Since(_time.GetUtcNow(), 50)!);
        recent.Add(ids[10..]);
        Assert.Null(recent.Since(begun.AddSeconds(0.5), 50));
        var (newest, skipped, count) = recent.After(10, 10);
        Assert.Equal(ids[50..], newest);
        Assert.Equal((40L, 60L), (skipped, count));
        for (var i = 0; i < RecentRequests.Capacity; i++)
            recent.Add([Guid.CreateVersion7()]);
        Assert.Null(recent.Since(begun.AddSeconds(1.5), 50_000));
        recent.End();
        Assert.Null(recent.Since(_time.GetUtcNow(), 50));
    }

    private IAsyncEnumerator<System.Net.ServerSentEvents.SseItem<string>> Read(LiveView view = LiveView.Requests) =>
        new LiveStream(_viewer, new InFlightSnapshots(new InFlightRequests(), _time), new FragmentRenderer(_services.GetRequiredService<IServiceScopeFactory>(), NullLoggerFactory.Instance), _time).ReadAsync([], view, CancellationToken.None).GetAsyncEnumerator();

    /// <summary>The name of the next event; time passes until it comes.</summary>
    private async Task<string> NextAsync(IAsyncEnumerator<System.Net.ServerSentEvents.SseItem<string>> stream)
    {
        var next = stream.MoveNextAsync().AsTask();
        for (var i = 0; i < 1000 && await Task.WhenAny(next, Task.Delay(2)) != next; i++)
            _time.Advance(TimeSpan.FromMilliseconds(250));
        Assert.True(await next);
        return stream.Current.EventType;
    }
}
