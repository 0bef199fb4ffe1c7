using System.Text.Json;
using Nexus.Web.Pages.Shared.Audit;
using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Pages.Audit;

/// <summary>Makes of an entry's JSON what people read: of <c>before</c> and <c>after</c> only what differs.</summary>
internal static class AuditDetails
{
    private const int Longest = 200;

    public static IReadOnlyList<AuditChange> Of(string? json)
    {
        if (json is null)
            return [];
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
            return [new("details", null, Text(root))];
        if (!root.TryGetProperty("before", out var before) && !root.TryGetProperty("after", out _))
            return [.. root.EnumerateObject().Where(property => property.Value.ValueKind != JsonValueKind.Null && Text(property.Value).Length > 0).Select(property => new AuditChange(property.Name, null, Text(property.Value)))];
        root.TryGetProperty("after", out var after);
        var (was, becomes) = (Properties(before), Properties(after));
        return [.. was.Keys.Union(becomes.Keys).Where(name => was.GetValueOrDefault(name) != becomes.GetValueOrDefault(name)).Select(name => new AuditChange(name, was.GetValueOrDefault(name), becomes.GetValueOrDefault(name)))];
    }

    private static Dictionary<string, string> Properties(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object ? element.EnumerateObject().Where(property => property.Value.ValueKind != JsonValueKind.Null).ToDictionary(property => property.Name, property => Text(property.Value)) : [];

    private static string Text(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var time))
            return Display.Utc(time);
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        return text.Length <= Longest ? text : text[..Longest] + "…";
    }
}
