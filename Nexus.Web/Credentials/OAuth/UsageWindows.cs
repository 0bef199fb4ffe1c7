using System.Globalization;
using System.Text.Json;
using Nexus.Web.Storage;

namespace Nexus.Web.Credentials.OAuth;

/// <summary>What <c>GET /api/oauth/usage</c> answers (spec §2.6): <c>five_hour</c>, <c>seven_day</c>, <c>seven_day_opus</c> … with <c>utilization</c> 0 to 100 and <c>resets_at</c>.</summary>
internal static class UsageWindows
{
    private const int MostWindows = 16;
    private const int LongestName = 32;

    /// <summary>The windows by the names that headers give them (<c>5h</c>, <c>7d</c>, <c>7d_opus</c>); others are left out.</summary>
    /// <exception cref="JsonException">It is no such answer.</exception>
    public static IReadOnlyList<AccountWindowRow> Read(string account, ReadOnlyMemory<byte> answer, DateTimeOffset now)
    {
        using var json = JsonDocument.Parse(answer);
        if (json.RootElement.ValueKind != JsonValueKind.Object)
            throw new JsonException("It is not an object.");
        var beyond = json.RootElement.TryGetProperty("extra_usage", out var extra) && extra.ValueKind == JsonValueKind.Object && extra.TryGetProperty("is_enabled", out var enabled) && enabled.ValueKind == JsonValueKind.True;
        var windows = new List<AccountWindowRow>();
        foreach (var property in json.RootElement.EnumerateObject())
        {
            if (windows.Count == MostWindows || NameOf(property.Name) is not { } name || property.Value.ValueKind != JsonValueKind.Object || Number(property.Value, "utilization") is not { } percent)
                continue;
            windows.Add(new()
            {
                AccountId = account,
                WindowName = name,
                // Full is full, unless what goes beyond is paid for.
                Status = percent >= 100 && !beyond ? "rejected" : null,
                Utilization = percent / 100,
                ResetsAt = property.Value.TryGetProperty("resets_at", out var resets) && resets.ValueKind == JsonValueKind.String
                    && DateTimeOffset.TryParse(resets.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null,
                ObservedAt = now,
            });
        }

        return windows;
    }

    private static string? NameOf(string property)
    {
        foreach (var (name, header) in new[] { ("five_hour", "5h"), ("seven_day", "7d") })
            if (property == name || (property.StartsWith(name + "_", StringComparison.Ordinal) && property.Length <= LongestName))
                return header + property[name.Length..];
        return null;
    }

    private static double? Number(JsonElement window, string name) =>
        window.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) && number >= 0 ? number : null;
}
