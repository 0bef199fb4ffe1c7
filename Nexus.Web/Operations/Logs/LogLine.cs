using System.Text.Json;

namespace Nexus.Web.Operations.Logs;

/// <summary>A line of the log, read.</summary>
/// <param name="Rest">What has no place of its own, in the line's order.</param>
/// <param name="Stack">Of an error.</param>
internal sealed record LogLine(LogPosition Position, DateTimeOffset At, string Level, string Service, string Source, string Event, string Message, string? RequestId, string? Domain, IReadOnlyList<(string Name, string Value)> Rest, string? Stack, string Json)
{
    /// <summary>Null: it is none, such as the last one of a file that is being written.</summary>
    public static LogLine? Parse(LogText text)
    {
        try
        {
            using var document = JsonDocument.Parse(text.Json);
            var line = document.RootElement;
            if (line.ValueKind != JsonValueKind.Object || !line.TryGetProperty("timestamp", out var at) || !at.TryGetDateTimeOffset(out var time))
                return null;
            var rest = new List<(string, string)>();
            foreach (var property in line.EnumerateObject())
                if (property.Name is not ("timestamp" or "level" or "service" or "source" or "event" or "message" or "requestId" or "error"))
                    rest.Add((property.Name, property.Value.ToString()));
            string? stack = null;
            if (line.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
                stack = Text(error, "stack") ?? Text(error, "message");
            return new(text.Position, time, Text(line, "level") ?? "", Text(line, "service") ?? "", Text(line, "source") ?? "", Text(line, "event") ?? "", Text(line, "message") ?? "",
                Text(line, "requestId"), Text(line, "domain"), rest, stack, text.Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.ToString() : null;
}
