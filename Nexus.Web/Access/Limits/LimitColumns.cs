using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Access.Limits;

/// <summary>Reads <c>limits</c> without EF Core, for who reads it four times a second or inside a transaction of its own.</summary>
internal static class LimitColumns
{
    public const string Names = "id, name, scope, subject, unit, amount, period, week_start, time_zone, hard, thresholds, requests_per_minute, tokens_per_minute, concurrent_streams, raise_amount, raised_until, raise_reason, enabled, starts_at, created_at, created_by, updated_at";

    public static LimitRow Read(NpgsqlDataReader reader) => new()
    {
        Id = reader.GetString(0),
        Name = reader.GetString(1),
        Scope = reader.GetString(2),
        Subject = reader.GetString(3),
        Unit = reader.GetString(4),
        Amount = reader.IsDBNull(5) ? null : reader.GetInt64(5),
        Period = reader.GetString(6),
        WeekStart = reader.GetInt16(7),
        TimeZone = reader.GetString(8),
        Hard = reader.GetBoolean(9),
        Thresholds = reader.GetFieldValue<int[]>(10),
        RequestsPerMinute = reader.IsDBNull(11) ? null : reader.GetInt32(11),
        TokensPerMinute = reader.IsDBNull(12) ? null : reader.GetInt64(12),
        ConcurrentStreams = reader.IsDBNull(13) ? null : reader.GetInt32(13),
        RaiseAmount = reader.IsDBNull(14) ? null : reader.GetInt64(14),
        RaisedUntil = reader.IsDBNull(15) ? null : reader.GetFieldValue<DateTimeOffset>(15),
        RaiseReason = reader.IsDBNull(16) ? null : reader.GetString(16),
        Enabled = reader.GetBoolean(17),
        StartsAt = reader.GetFieldValue<DateTimeOffset>(18),
        CreatedAt = reader.GetFieldValue<DateTimeOffset>(19),
        CreatedBy = reader.GetString(20),
        UpdatedAt = reader.GetFieldValue<DateTimeOffset>(21),
    };
}
