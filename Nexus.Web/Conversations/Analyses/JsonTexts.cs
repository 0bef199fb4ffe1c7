using System.Text.Json.Nodes;
using Nexus.Web.Capture;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>Changes the texts of a JSON value, not its names.</summary>
internal static class JsonTexts
{
    /// <returns>The same node, or another one for a text.</returns>
    public static JsonNode Each(JsonNode node, Func<string, string> change)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (name, value) in members.ToList())
                    if (value is not null && Each(value, change) is var changed && changed != value)
                        members[name] = changed;
                return node;
            case JsonArray items:
                for (var i = 0; i < items.Count; i++)
                    if (items[i] is { } item && Each(item, change) is var changed && changed != item)
                        items[i] = changed;
                return node;
            default:
                return MessageAssembler.Text(node) is { } text && change(text) is var other && other != text ? JsonValue.Create(other)! : node;
        }
    }
}
