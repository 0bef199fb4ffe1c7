using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Channels;

/// <summary>
/// The delivery log, and what waits in it. While the database is away, messages wait in memory instead, and are written down when
/// it is back.
/// </summary>
internal sealed class Deliveries(IEnumerable<IChannel> channels, SecretMask mask, TimeProvider time)
{
    public const string Waiting = "waiting";
    public const string Delivered = "sent";
    public const string Failed = "failed";

    /// <summary>Five attempts after the first, 10 s, 30 s, 90 s, 5 min and 14 min apart.</summary>
    public const int MostAttempts = 6;

    /// <summary>What is older is no news any more: a restored database must not send last month's.</summary>
    public static readonly TimeSpan Stale = TimeSpan.FromHours(2);

    /// <summary>Messages that wait in memory; past it the newest are lost.</summary>
    private const int MostInMemory = 100;

    /// <summary>Attempts within one <see cref="Lease"/>.</summary>
    private const int MostAtOnce = 4;

    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(30);

    public ConcurrentQueue<AlertDeliveryRow> InMemory { get; } = [];

    public IReadOnlyList<IChannel> Channels { get; } = [.. channels];

    /// <summary>Names of those that are set up.</summary>
    public IReadOnlyList<string> SetUp => [.. Channels.Where(channel => channel.Target is not null).Select(channel => channel.Name)];

    public AlertDeliveryRow New(string channel, ChannelMessage message)
    {
        var now = time.GetUtcNow();
        // The words, before they are JSON: a mask that ends at a quote or an escape would break it.
        message = message.Without(mask);
        return new() { Id = Guid.CreateVersion7(now), Channel = channel, Kind = message.Kind, Title = message.Title, Message = JsonSerializer.Serialize(message, JsonSerializerOptions.Web), State = Waiting, CreatedAt = now, NextAt = now };
    }

    public void Remember(AlertDeliveryRow delivery)
    {
        if (InMemory.Count < MostInMemory)
            InMemory.Enqueue(delivery);
    }

    /// <summary>Tries once, and writes into the row what came of it.</summary>
    public async Task AttemptAsync(AlertDeliveryRow delivery, CancellationToken cancellation)
    {
        var result = await ResultAsync(delivery, cancellation);
        var now = time.GetUtcNow();
        delivery.Error = result.Error is { } error ? mask.Apply(error) : null;
        if (result.Error is null)
            (delivery.State, delivery.SentAt) = (Delivered, now);
        else if (result.Again && delivery.Attempts < MostAttempts)
            (delivery.State, delivery.NextAt) = (Waiting, now + Pause(delivery.Attempts, result.After));
        else
            delivery.State = Failed;
    }

    /// <param name="attempts">Made so far, 1 or more.</param>
    /// <param name="asked">What the other side asked for.</param>
    public static TimeSpan Pause(int attempts, TimeSpan? asked)
    {
        var own = FirstPause * Math.Pow(3, Math.Min(attempts - 1, 10));
        own = own < LongestPause ? own : LongestPause;
        return asked > own ? asked.Value : own;
    }

    /// <summary>Takes some that are due: no other node takes them until all of them are tried, each in 20 seconds at most.</summary>
    public async Task<List<AlertDeliveryRow>> TakeDueAsync(NexusDbContext db, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var until = now + Lease;
        var due = await db.AlertDeliveries.FromSql($"""
            UPDATE alert_deliveries SET attempts = attempts + 1, next_at = {until}
            WHERE id IN (SELECT id FROM alert_deliveries WHERE state = 'waiting' AND next_at <= {now} ORDER BY next_at LIMIT {MostAtOnce} FOR UPDATE SKIP LOCKED) RETURNING *
            """).AsNoTracking().ToListAsync(cancellation);
        return [.. due.OrderBy(delivery => delivery.CreatedAt)];
    }

    /// <summary>Writes down what came of an attempt, unless another node has made the next one since.</summary>
    public static Task<int> StoreAsync(NexusDbContext db, AlertDeliveryRow delivery, CancellationToken cancellation) =>
        db.AlertDeliveries.Where(row => row.Id == delivery.Id && row.State == Waiting && row.Attempts == delivery.Attempts).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.State, delivery.State).SetProperty(row => row.NextAt, delivery.NextAt).SetProperty(row => row.SentAt, delivery.SentAt).SetProperty(row => row.Error, delivery.Error), cancellation);

    private async Task<SendResult> ResultAsync(AlertDeliveryRow delivery, CancellationToken cancellation)
    {
        if (time.GetUtcNow() - delivery.CreatedAt > Stale)
            return new("It waited too long to be news.");
        if (Channels.FirstOrDefault(channel => channel.Name == delivery.Channel) is not { Target: not null } channel)
            return new($"The channel {delivery.Channel} is not set up any more.");
        return await channel.SendAsync(delivery.Id, JsonSerializer.Deserialize<ChannelMessage>(delivery.Message, JsonSerializerOptions.Web)!, cancellation);
    }
}
