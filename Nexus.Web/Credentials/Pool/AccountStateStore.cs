using Nexus.Web.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Credentials.Pool;

/// <summary>The accounts' states in the database, where nodes meet: the later word on each thing holds.</summary>
internal sealed class AccountStateStore(Database database)
{
    public async Task SaveAsync(string id, AccountStatus status, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.JobsDataSource.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        var isolation = status.Cooldowns.FirstOrDefault(cooldown => cooldown.IsIsolation);
        batch.BatchCommands.Add(Command("""
            INSERT INTO account_states AS known (account_id, mode, mode_since, mode_by, isolated_until, isolated_since, isolated_reason, last_error, last_error_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (account_id) DO UPDATE SET
                mode = CASE WHEN excluded.mode_since >= coalesce(known.mode_since, '-infinity') THEN excluded.mode ELSE known.mode END,
                mode_by = CASE WHEN excluded.mode_since >= coalesce(known.mode_since, '-infinity') THEN excluded.mode_by ELSE known.mode_by END,
                mode_since = greatest(excluded.mode_since, known.mode_since),
                isolated_until = excluded.isolated_until, isolated_since = excluded.isolated_since, isolated_reason = excluded.isolated_reason,
                last_error = CASE WHEN excluded.last_error_at >= coalesce(known.last_error_at, '-infinity') THEN excluded.last_error ELSE known.last_error END,
                last_error_at = greatest(excluded.last_error_at, known.last_error_at), updated_at = excluded.updated_at
            """, id, Word(Text(status.Mode)), At(status.ModeSince), Word(status.ModeBy), At(isolation?.Until), At(isolation?.Since), Word(isolation?.Reason), Word(status.LastError), At(status.LastErrorAt), At(now)));
        Cooldown[] cooldowns = [.. status.Cooldowns.Where(cooldown => !cooldown.IsIsolation).OrderBy(cooldown => cooldown.Model, StringComparer.Ordinal)];
        // What is over goes once somebody was served, or an operator has spoken; what another node has set meanwhile stays.
        batch.BatchCommands.Add(Command("DELETE FROM account_cooldowns WHERE account_id = $1 AND NOT model = ANY($2) AND (until <= $3 OR since <= $4)",
            id, new() { Value = cooldowns.Select(cooldown => cooldown.Model).ToArray() }, At(now), At(status.ModeSince)));
        foreach (var cooldown in cooldowns)
            batch.BatchCommands.Add(Command("""
                INSERT INTO account_cooldowns AS known (account_id, model, since, until, is_told, reason, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (account_id, model) DO UPDATE SET since = excluded.since, until = excluded.until, is_told = excluded.is_told, reason = excluded.reason, updated_at = excluded.updated_at
                WHERE known.until < excluded.until
                """, id, Word(cooldown.Model), At(cooldown.Since), At(cooldown.Until), new() { Value = cooldown.IsTold }, Word(cooldown.Reason), At(now)));
        batch.BatchCommands.Add(Command("SELECT pg_notify($1, '')", AccountStateFeed.Channel));
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    public async Task<IReadOnlyList<(string Id, AccountStatus Status)>> ReadAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.JobsDataSource.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new("SELECT account_id, mode, mode_since, mode_by, isolated_since, isolated_until, isolated_reason, last_error, last_error_at FROM account_states"));
        batch.BatchCommands.Add(Command("SELECT account_id, model, since, until, is_told, reason FROM account_cooldowns WHERE until > $1", At(now)));
        batch.BatchCommands.Add(Command("SELECT account_id, window_name, status, utilization, resets_at FROM account_windows WHERE resets_at > $1 OR (resets_at IS NULL AND observed_at > $2)", At(now), At(now.AddMinutes(-5))));
        var found = new Dictionary<string, AccountStatus>();
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            found[reader.GetString(0)] = new()
            {
                Mode = Enum.TryParse<AccountMode>(reader.GetString(1), ignoreCase: true, out var mode) ? mode : AccountMode.Paused,
                ModeSince = Time(reader, 2),
                ModeBy = String(reader, 3),
                Cooldowns = Time(reader, 5) is { } until && until > now ? [new(Cooldown.EveryModel, Time(reader, 4) ?? until, until, false, String(reader, 6) ?? "") { IsIsolation = true }] : [],
                LastError = String(reader, 7),
                LastErrorAt = Time(reader, 8),
            };
        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            Change(reader.GetString(0), status => status with { Cooldowns = status.Cooldowns.Add(new(reader.GetString(1), Time(reader, 2)!.Value, Time(reader, 3)!.Value, reader.GetBoolean(4), reader.GetString(5))) });
        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            Change(reader.GetString(0), status => status with { Windows = status.Windows.Add(new(reader.GetString(1), String(reader, 2), reader.IsDBNull(3) ? null : reader.GetDouble(3), Time(reader, 4))) });
        return [.. found.Select(pair => (pair.Key, pair.Value))];

        void Change(string id, Func<AccountStatus, AccountStatus> change) => found[id] = change(found.GetValueOrDefault(id, AccountStatus.Fresh));
    }

    private static string Text(AccountMode mode) => mode switch
    {
        AccountMode.Draining => "draining",
        AccountMode.Paused => "paused",
        _ => "active",
    };

    private static NpgsqlBatchCommand Command(string sql, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter);
        return command;
    }

    private static NpgsqlBatchCommand Command(string sql, string first, params NpgsqlParameter[] parameters) => Command(sql, [Word(first), .. parameters]);

    private static NpgsqlParameter Word(string? text) => new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter At(DateTimeOffset? at) => new() { Value = at is { } time ? time.ToUniversalTime() : DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    private static string? String(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
