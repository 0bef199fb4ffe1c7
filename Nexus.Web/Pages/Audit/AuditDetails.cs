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
            return [Change("details", null, root)];
        if (!root.TryGetProperty("before", out var before) && !root.TryGetProperty("after", out _))
            return [.. root.EnumerateObject().Where(property => property.Value.ValueKind != JsonValueKind.Null && Text(property.Value).Length > 0).Select(property => Change(property.Name, null, property.Value))];
        root.TryGetProperty("after", out var after);
        var (was, becomes) = (Properties(before), Properties(after));
        return [.. was.Keys.Union(becomes.Keys).Select(name => Change(name, was.TryGetValue(name, out var old) ? old : null, becomes.TryGetValue(name, out var now) ? now : null)).Where(change => change.Before != change.After)];
    }

    private static AuditChange Change(string name, JsonElement? before, JsonElement? after) =>
        new(name, before is { } was ? Text(was) : null, after is { } becomes ? Text(becomes) : null) { BeforeAt = Time(before), AfterAt = Time(after) };

    private static Dictionary<string, JsonElement> Properties(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object ? element.EnumerateObject().Where(property => property.Value.ValueKind != JsonValueKind.Null).ToDictionary(property => property.Name, property => property.Value) : [];

    private static DateTimeOffset? Time(JsonElement? value) => value is { ValueKind: JsonValueKind.String } text && text.TryGetDateTimeOffset(out var time) ? time : null;

    private static string Text(JsonElement value)
    {
        if (Time(value) is { } time)
            return Display.Utc(time);
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        return text.Length <= Longest ? text : text[..Longest] + "…";
    }
}
