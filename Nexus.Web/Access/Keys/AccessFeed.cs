using Nexus.Web.Capture;
using Nexus.Web.Storage;

namespace Nexus.Web.Access.Keys;

/// <summary>
/// Keeps <see cref="AccessState"/> up to date: at once when any node changes a key or a domain's settings, and now and then
/// besides. While the database is away, what was known stays.
/// </summary>
internal sealed class AccessFeed : IHostedService
{
    /// <summary>Sent by whoever changes keys or a domain's settings, in the same transaction; says nothing but that.</summary>
    public const string Channel = "nexus_access";

    private readonly Database _database;
    private readonly ChangeFeed _changes;
    private readonly AccessState _state;
    private readonly AccessFile _file;

    public AccessFeed(Database database, ChangeFeed changes, AccessState state, AccessFile file)
    {
        (_database, _changes, _state, _file) = (database, changes, state, file);
        // Before the ports open: from the first request on, what the last run knew is in force.
        if (file.Read() is { } known)
            state.Set(known);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _changes.Follow(Channel, ReloadAsync);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task ReloadAsync(CancellationToken cancellation)
    {
        var known = await LoadAsync(cancellation);
        _state.Set(known);
        _file.Write(known);
    }

    private async Task<KnownAccess> LoadAsync(CancellationToken cancellation)
    {
        var uses = _state.Known?.Keys.Values.ToDictionary(key => key.Id, key => key.Use) ?? [];
        await using var batch = _database.JobsDataSource.CreateBatch();
        batch.BatchCommands.Add(new("SELECT id, secret_hash, name, owner, domain, allowed_models, capture, expires_at, revoked_at FROM client_keys"));
        batch.BatchCommands.Add(new("SELECT domain, capture FROM domain_settings"));
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var keys = new List<ClientKey>();
        while (await reader.ReadAsync(cancellation))
        {
            var id = reader.GetString(0);
            keys.Add(new ClientKey(
                id, KeyHash.From(reader.GetFieldValue<byte[]>(1)), reader.GetString(2), reader.GetString(3), reader.GetString(4),
                reader.IsDBNull(5) ? [] : reader.GetFieldValue<string[]>(5),
                reader.IsDBNull(6) ? null : LevelOf(reader.GetString(6)),
                reader.IsDBNull(7) ? null : reader.GetFieldValue<DateTimeOffset>(7),
                reader.IsDBNull(8) ? null : reader.GetFieldValue<DateTimeOffset>(8))
            { Use = uses.GetValueOrDefault(id) ?? new() });
        }

        await reader.NextResultAsync(cancellation);
        var domains = new Dictionary<string, CaptureLevel>();
        while (await reader.ReadAsync(cancellation))
            domains[reader.GetString(0)] = LevelOf(reader.GetString(1));
        return KnownAccess.Of(keys, domains);
    }

    /// <summary>Of a level that a newer version has, or a hand has mistyped, the safe side is to keep nothing.</summary>
    private static CaptureLevel LevelOf(string text) => CaptureLevels.TryParse(text) ?? CaptureLevel.Off;
}
