using System.Text.Json;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Pages.Live;

/// <summary>
/// Follows the ledger's notifications on one connection and hands new rows to the open pages. Rows are read once for all of
/// them, and not at all while no page is open.
/// </summary>
internal sealed partial class LedgerFeed(Database database, IDbContextFactory<NexusDbContext> contexts, LiveViewers viewers, RecentRequests recent, TimeProvider time, ILogger<LedgerFeed> logger) : BackgroundService
{
    /// <summary>More rows in one go than this are counted only: nobody reads a thousand a second.</summary>
    private const int MostRows = 250;

    private static readonly TimeSpan Coalescing = TimeSpan.FromMilliseconds(250);

    /// <summary>A connection that died without a word is found out by a question after this long.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>The rows of these ids, newest first.</summary>
    public async Task<List<RequestLine>> LoadAsync(IReadOnlyList<Guid> ids, CancellationToken cancellation)
    {
        if (ids.Count == 0)
            return [];
        var times = ids.Select(PayloadReader.StartOf).Distinct().ToArray();
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        return await db.Requests.AsNoTracking().Where(row => times.Contains(row.StartedAt) && ids.Contains(row.Id))
            .OrderByDescending(row => row.StartedAt).ThenByDescending(row => row.Id).Select(RequestLine.FromLedger).ToListAsync(cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            await Task.WhenAll(ListenAsync(stoppingToken), PublishAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The pages end their own streams.
        }
    }

    private async Task ListenAsync(CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await database.WaitUntilReadyAsync(cancellation);
                await FollowAsync(cancellation);
            }
            catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException or InvalidOperationException or System.Net.Sockets.SocketException)
            {
                Log.Lost(logger, error.Message);
            }
            finally
            {
                recent.End();
            }

            await Task.Delay(TimeSpan.FromSeconds(1), time, cancellation);
        }
    }

    private async Task FollowAsync(CancellationToken cancellation)
    {
        await using var connection = await database.JobsDataSource.OpenConnectionAsync(cancellation);
        connection.Notification += (_, notification) => Take(notification.Payload);
        await using (var listen = new NpgsqlCommand($"LISTEN {LedgerNotifications.Channel}", connection))
            await listen.ExecuteNonQueryAsync(cancellation);
        recent.Begin();
        // Whatever came while nobody listened is not known here.
        viewers.Resync();
        while (true)
        {
            if (await connection.WaitAsync(Silence, cancellation))
                continue;
            await using var ask = new NpgsqlCommand("SELECT 1", connection);
            await ask.ExecuteScalarAsync(cancellation);
        }
    }

    private void Take(string payload)
    {
        try
        {
            recent.Add(JsonSerializer.Deserialize<Guid[]>(payload) ?? []);
            _wake.Writer.TryWrite(true);
        }
        catch (JsonException)
        {
            Log.NotOurs(logger, LedgerNotifications.Channel);
        }
    }

    private async Task PublishAsync(CancellationToken cancellation)
    {
        var seen = recent.Count;
        while (await _wake.Reader.WaitToReadAsync(cancellation))
        {
            await Task.Delay(Coalescing, time, cancellation);
            _wake.Reader.TryRead(out _);
            var (ids, skipped, count) = recent.After(seen, MostRows);
            seen = count;
            if (viewers.Count == 0)
                continue;
            try
            {
                viewers.Publish(await LoadAsync(ids, cancellation), skipped);
            }
            catch (Exception error) when (DatabaseAway.IsDatabase(error) || error is InvalidOperationException)
            {
                // The pages load their rows anew when the connection is back.
                Log.Lost(logger, error.Message);
                viewers.Publish([], ids.Count + skipped);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Live pages stand still until the database is back: {Reason}")]
        public static partial void Lost(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Warning, "A notification on {Channel} is none of Nexus's and is ignored.")]
        public static partial void NotOurs(ILogger logger, string channel);
    }
}
