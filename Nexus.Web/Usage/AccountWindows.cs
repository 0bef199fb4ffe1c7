using System.Globalization;
using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Usage;

/// <summary>
/// What answers tell about the rate-limit windows of the account that paid: headers <c>anthropic-ratelimit-unified-status</c>
/// and <c>-reset</c> for all windows together, <c>anthropic-ratelimit-unified-{window}-utilization|status|reset</c> for each.
/// </summary>
internal static class AccountWindows
{
    private const string Prefix = "anthropic-ratelimit-unified-";

    /// <summary>The window of the headers without one.</summary>
    private const string All = "unified";

    /// <summary>Anthropic sends a handful; the bound keeps a strange upstream from filling the table.</summary>
    private const int MostWindows = 16;

    private const int LongestName = 32;
    private const int LongestStatus = 32;

    /// <summary>The answer's <c>anthropic-ratelimit-unified-status</c>.</summary>
    public static string? Status(IReadOnlyList<HeaderLine>? headers) => headers is null ? null : PlainText.Clean(headers.Find(Prefix + "status"), LongestStatus);

    /// <param name="observedAt">When the headers arrived.</param>
    public static IReadOnlyList<AccountWindowRow> From(string? account, IReadOnlyList<HeaderLine>? headers, DateTimeOffset observedAt)
    {
        if (account is null || headers is null)
            return [];
        List<AccountWindowRow>? windows = null;
        foreach (var header in headers)
            if (header.Name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
                Take(windows ??= [], account, header.Name[Prefix.Length..], header.Value, observedAt);
        return windows ?? [];
    }

    /// <summary>When a window begins anew: seconds since 1970 (live traffic) or an RFC 3339 date (documentation); null when it is neither.</summary>
    public static DateTimeOffset? Reset(string value)
    {
        if (long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return seconds is > 0 and < 253_402_300_800 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
        return DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var date) ? date : null;
    }

    /// <summary>Keeps the newest word on each window; one that is already older than what is stored changes nothing.</summary>
    public static async Task StoreAsync(NpgsqlConnection connection, IEnumerable<AccountWindowRow> windows, CancellationToken cancellation)
    {
        AccountWindowRow[] rows =
        [
            .. windows.GroupBy(row => (row.AccountId, row.WindowName)).Select(same => same.MaxBy(row => row.ObservedAt)!)
                .OrderBy(row => row.AccountId, StringComparer.Ordinal).ThenBy(row => row.WindowName, StringComparer.Ordinal),
        ];
        if (rows.Length == 0)
            return;
        await using var store = new NpgsqlCommand("""
            INSERT INTO account_windows AS known (account_id, window_name, status, utilization, resets_at, observed_at) SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
            ON CONFLICT (account_id, window_name) DO UPDATE SET status = excluded.status, utilization = excluded.utilization, resets_at = excluded.resets_at, observed_at = excluded.observed_at
            WHERE known.observed_at <= excluded.observed_at
            """, connection);
        store.Parameters.Add(new() { Value = rows.Select(row => row.AccountId).ToArray() });
        store.Parameters.Add(new() { Value = rows.Select(row => row.WindowName).ToArray() });
        store.Parameters.Add(new() { Value = rows.Select(row => row.Status).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        store.Parameters.Add(new() { Value = rows.Select(row => row.Utilization).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Double });
        store.Parameters.Add(new() { Value = rows.Select(row => row.ResetsAt).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        store.Parameters.Add(new() { Value = rows.Select(row => row.ObservedAt).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        await store.ExecuteNonQueryAsync(cancellation);
    }

    private static void Take(List<AccountWindowRow> windows, string account, string name, string value, DateTimeOffset observedAt)
    {
        var cut = name.LastIndexOf('-');
        var window = cut < 0 ? All : name[..cut].ToLowerInvariant();
        var field = name[(cut + 1)..].ToLowerInvariant();
        if (field is not ("utilization" or "status" or "reset") || PlainText.Clean(window, LongestName) is not { } cleaned)
            return;
        var row = windows.Find(known => known.WindowName == cleaned);
        if (row is null)
        {
            if (windows.Count >= MostWindows)
                return;
            windows.Add(row = new AccountWindowRow { AccountId = account, WindowName = cleaned, ObservedAt = observedAt });
        }

        if (field == "status")
            row.Status = PlainText.Clean(value, LongestStatus);
        else if (field == "reset")
            row.ResetsAt = Reset(value);
        else if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var utilization) && double.IsFinite(utilization) && utilization >= 0)
            row.Utilization = utilization;
    }
}
