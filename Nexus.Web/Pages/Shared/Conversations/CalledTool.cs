using System.Text.Json.Nodes;

namespace Nexus.Web.Pages.Shared.Conversations;

/// <summary>A tool that an answer calls.</summary>
/// <param name="Input">One line of what it was called for; null when its input says nothing in words.</param>
/// <param name="Failed">What came back was an error; false also where nothing came back yet.</param>
public sealed record CalledTool(string Name, string? Input, bool Failed)
{
    /// <param name="block">As a <c>tool_use</c> stands in a message.</param>
    internal static CalledTool Of(JsonNode? block, bool failed)
    {
        var shown = ContentBlock.Of(new JsonArray(block?.DeepClone()))[0];
        return new(shown.Label ?? "tool", shown.Preview, failed);
    }
}
