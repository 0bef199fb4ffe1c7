using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Usage.Accounting;

/// <summary>Remembers the hours whose rows have changed, late ones too, so that comparing costs as much as there is to compare.</summary>
internal static class ChangedHours
{
    public static async Task MarkAsync(NpgsqlConnection connection, IReadOnlyList<LedgerRow> rows, CancellationToken cancellation)
    {
        DateTimeOffset[] hours = [.. rows.Select(row => TimeBuckets.StartOf(row.StartedAt, TimeSpan.FromHours(1))).Distinct().Order()];
        await MarkAsync(connection, hours, cancellation);
    }

    public static async Task MarkAsync(NpgsqlConnection connection, DateTimeOffset[] hours, CancellationToken cancellation)
    {
        await using var mark = new NpgsqlCommand("INSERT INTO usage_changed_hours (hour) SELECT * FROM unnest($1) ON CONFLICT DO NOTHING", connection) { Parameters = { new() { Value = hours } } };
        await mark.ExecuteNonQueryAsync(cancellation);
    }
}
