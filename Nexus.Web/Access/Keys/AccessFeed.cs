using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Access.Keys;

/// <summary>
/// Keeps <see cref="AccessState"/> up to date: at once on a notification, and every few seconds besides, so that a lost
/// notification, or a change made by hand, is in force soon. While the database is away, what was known stays.
/// </summary>
internal sealed partial class AccessFeed : BackgroundService
{
    /// <summary>Sent by whoever changes keys or a domain's settings, in the same transaction; says nothing but that.</summary>
    public const string Channel = "nexus_access";

    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(5);
    private readonly Database _database;
    private readonly AccessState _state;
    private readonly AccessFile _file;
    private readonly TimeProvider _time;
    private readonly ILogger<AccessFeed> _logger;

    public AccessFeed(Database database, AccessState state, AccessFile file, TimeProvider time, ILogger<AccessFeed> logger)
    {
        (_database, _state, _file, _time, _logger) = (database, state, file, time, logger);
        // Before the ports open: from the first request on, what was known is in force.
        if (file.Read() is { } known)
            state.Set(known);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            while (true)
            {
                try
                {
                    await _database.WaitUntilReadyAsync(stoppingToken);
                    await FollowAsync(stoppingToken);
                }
                catch (Exception error) when (DatabaseAway.IsDatabase(error) || error is IOException or InvalidOperationException or System.Net.Sockets.SocketException)
                {
                    Log.Lost(_logger, error.Message);
                }

                await Task.Delay(TimeSpan.FromSeconds(1), _time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The app is stopping.
        }
    }

    private async Task FollowAsync(CancellationToken cancellation)
    {
        await using var connection = await _database.JobsDataSource.OpenConnectionAsync(cancellation);
        await using (var listen = new NpgsqlCommand($"LISTEN {Channel}", connection))
            await listen.ExecuteNonQueryAsync(cancellation);
        while (true)
        {
            var known = await LoadAsync(connection, cancellation);
            _state.Set(known);
            _file.Write(known);
            await connection.WaitAsync(Poll, cancellation);
        }
    }

    private async Task<KnownAccess> LoadAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var uses = _state.Known?.Keys.Values.ToDictionary(key => key.Id, key => key.Use) ?? [];
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("SELECT id, secret_hash, name, owner, domain, allowed_models, capture, expires_at, revoked_at FROM client_keys"),
                new("SELECT domain, capture FROM domain_settings"),
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var keys = new List<ClientKey>();
        while (await reader.ReadAsync(cancellation))
        {
            var id = reader.GetString(0);
            keys.Add(new ClientKey(
                id, KeyHash.From(reader.GetFieldValue<byte[]>(1)), reader.GetString(2), reader.GetString(3), reader.GetString(4),
                reader.IsDBNull(5) ? [] : reader.GetFieldValue<string[]>(5),
                reader.IsDBNull(6) ? null : CaptureLevels.Parse(reader.GetString(6)),
                reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7),
                reader.IsDBNull(8) ? null : reader.GetFieldValue<DateTimeOffset>(8))
            { Use = uses.GetValueOrDefault(id) ?? new() });
        }

        await reader.NextResultAsync(cancellation);
        var domains = new Dictionary<string, CaptureLevel>();
        while (await reader.ReadAsync(cancellation))
            domains[reader.GetString(0)] = CaptureLevels.Parse(reader.GetString(1));
        return KnownAccess.Of(keys, domains);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Changes of keys are not seen until the database is back; the keys that were known stay in force: {Reason}")]
        public static partial void Lost(ILogger logger, string reason);
    }
}
