using System.Globalization;
using Nexus.Web.Operations.Backups;
using Npgsql;

namespace Nexus.Web.Operations.Restores;

/// <summary>What is in the database now and not in a backup: what a restore would lose.</summary>
internal sealed record RestoreGap(DateTimeOffset Since, long Requests, long CostMicros, long KeysMade, long KeysRevoked, long Changes, long PriceLists)
{
    public string Words => string.Create(CultureInfo.InvariantCulture,
        $"The backup ends at {Since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC. Since then, and missing after a restore: {Requests} requests (${CostMicros / 1_000_000m:0.00}), {KeysMade} new keys, {PriceLists} price lists, {Changes} entries of the audit log. {KeysRevoked} keys were revoked or shortened; they stay so.");

    /// <param name="connection">To the database as it is now.</param>
    public static async Task<RestoreGap> ReadAsync(NpgsqlConnection connection, BackupManifest manifest, CancellationToken cancellation)
    {
        const string Sql = """
            SELECT (SELECT count(*) FROM requests WHERE started_at > $2), (SELECT coalesce(sum(cost_micros), 0)::bigint FROM requests WHERE started_at > $2),
                (SELECT count(*) FROM client_keys WHERE created_at > $1), (SELECT count(*) FROM client_keys WHERE revoked_at > $1),
                (SELECT count(*) FROM audit_log WHERE at > $1), (SELECT count(*) FROM price_lists WHERE created_at > $1)
            """;
        await using var command = new NpgsqlCommand(Sql, connection) { CommandTimeout = 0, Parameters = { new() { Value = manifest.MadeAt.ToUniversalTime() }, new() { Value = (manifest.Database?.Newest?.StartedAt ?? DateTimeOffset.MinValue).ToUniversalTime() } } };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return new(manifest.MadeAt, reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5));
    }
}
