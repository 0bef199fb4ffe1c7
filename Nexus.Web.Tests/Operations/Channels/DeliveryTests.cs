using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Operations.Channels;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Alerts;
using Xunit;

namespace Nexus.Web.Tests.Operations.Channels;

public sealed class DeliveryTests
{
    private static readonly ChannelMessage Message = new("test", "Hello", "good", DateTimeOffset.UnixEpoch, [], null);

    [Fact]
    public async Task A_message_that_is_refused_is_sent_later_and_the_log_says_what_happened()
    {
        await using var nexus = await AlertNexus.StartAsync();
        await nexus.App.ReadyAsync();
        nexus.Hook.Replies("text/plain", "busy"u8.ToArray(), 503);
        await using var db = await nexus.ContextAsync();
        var delivery = nexus.App.Services.GetRequiredService<Deliveries>().New("slack", Message);
        db.Add(delivery);
        await db.SaveChangesAsync();
        async Task<AlertDeliveryRow> StoredAsync() => await db.AlertDeliveries.AsNoTracking().SingleAsync();
        await NexusApp.UntilAsync(async () => await StoredAsync() is { Attempts: 1, Error: not null }, "the first attempt failed");
        var waiting = await StoredAsync();
        Assert.Equal(("waiting", "It answered 503: busy"), (waiting.State, waiting.Error));
        Assert.True(waiting.NextAt > DateTimeOffset.UtcNow);
        nexus.Hook.Replies("text/plain", "ok"u8.ToArray());
        await nexus.SqlAsync("UPDATE alert_deliveries SET next_at = now()");
        await NexusApp.UntilAsync(async () => (await StoredAsync()).State == "sent", "the second attempt was taken");
        Assert.Equal((2, null), ((await StoredAsync()).Attempts, (await StoredAsync()).Error));
    }

    [Fact]
    public async Task Attempts_are_bounded_and_what_waited_too_long_is_no_news()
    {
        var (clock, channel) = (new FakeTimeProvider(), new Refusing());
        var deliveries = new Deliveries([channel], new(), clock);
        var delivery = deliveries.New("slack", Message);
        for (; delivery.State == Deliveries.Waiting; clock.SetUtcNow(delivery.NextAt))
        {
            delivery.Attempts++;
            await deliveries.AttemptAsync(delivery, default);
        }

        Assert.Equal((Deliveries.Failed, Deliveries.MostAttempts, Deliveries.MostAttempts), (delivery.State, delivery.Attempts, channel.Asked));
        var old = deliveries.New("slack", Message);
        clock.Advance(TimeSpan.FromHours(3));
        await deliveries.AttemptAsync(old, default);
        Assert.Equal((Deliveries.Failed, "It waited too long to be news.", Deliveries.MostAttempts), (old.State, old.Error, channel.Asked));
    }

    [Fact]
    public async Task No_more_are_taken_than_can_be_tried_in_time_and_what_an_attempt_too_late_came_to_is_not_kept()
    {
        await using var nexus = await AlertNexus.StartAsync();
        await nexus.App.ReadyAsync();
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow.AddHours(1));
        var deliveries = new Deliveries([], new(), clock);
        await using var db = await nexus.ContextAsync();
        db.AddRange(Enumerable.Range(0, 6).Select(_ => deliveries.New("slack", Message)));
        await db.SaveChangesAsync();
        db.ChangeTracker.Clear();
        var slow = await deliveries.TakeDueAsync(db, default);
        Assert.Equal((4, 2, 0), (slow.Count, (await deliveries.TakeDueAsync(db, default)).Count, (await deliveries.TakeDueAsync(db, default)).Count));
        clock.Advance(TimeSpan.FromMinutes(3));
        var again = (await deliveries.TakeDueAsync(db, default)).Concat(await deliveries.TakeDueAsync(db, default)).Single(delivery => delivery.Id == slow[0].Id);
        (slow[0].Error, again.State, again.SentAt) = ("No answer.", Deliveries.Delivered, clock.GetUtcNow());
        Assert.Equal(0, await Deliveries.StoreAsync(db, slow[0], default));
        Assert.Equal(1, await Deliveries.StoreAsync(db, again, default));
        Assert.Equal(0, await Deliveries.StoreAsync(db, slow[0], default));
        var stored = await db.AlertDeliveries.AsNoTracking().SingleAsync(row => row.Id == again.Id);
        Assert.Equal((Deliveries.Delivered, 2, null), (stored.State, stored.Attempts, stored.Error));
    }

    private sealed class Refusing : IChannel
    {
        public int Asked { get; private set; }

        public string Name => "slack";

        public string? Target => "here";

        public Task<SendResult> SendAsync(Guid delivery, ChannelMessage message, CancellationToken cancellation)
        {
            Asked++;
            return Task.FromResult(new SendResult("no", Again: true));
        }
    }
}
