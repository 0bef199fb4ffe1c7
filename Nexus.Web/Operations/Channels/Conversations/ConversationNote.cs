using System.Text;
using System.Text.Json.Nodes;
using Nexus.Web.Capture;
using Nexus.Web.Conversations;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Channels.Conversations;

/// <summary>What of a request is noted in Slack: what the person typed, what Claude answered, which tools it called.</summary>
/// <param name="User">What was typed; null in the turns in which tools answer.</param>
internal sealed record ConversationNote(string? User, string Text)
{
    private const int MostLines = 20;

    /// <param name="request">Decoded body.</param>
    /// <param name="answer">Decoded, of a stream the assembled message.</param>
    public static ConversationNote Of(ReadOnlySpan<byte> request, ReadOnlySpan<byte> answer)
    {
        var messages = MessageAssembler.ParseForDisplay(request)?["messages"] as JsonArray;
        var content = messages?.LastOrDefault() is JsonObject last && MessageAssembler.Text(last, "role") == "user" ? last["content"] : null;
        IEnumerable<string> texts = content is JsonArray blocks
            ? blocks.Where(block => MessageAssembler.Text(block, "type") == "text").Select(block => MessageAssembler.Text(block, "text") ?? "")
            : [MessageAssembler.Text(content) ?? ""];
        var user = HumanWords.Of(texts.Select(CanonicalText.Of).Where(text => text.Length > 0));
        var text = new StringBuilder();
        if (user is not null)
            text.Append(":bust_in_silhouette: User: ").Append(SlackChannel.Escape(Short(user))).Append('\n');
        var parts = (MessageAssembler.ParseForDisplay(answer)?["content"] as JsonArray)?.OfType<JsonObject>().ToList() ?? [];
        var said = string.Join('\n', parts.Where(part => MessageAssembler.Text(part, "type") == "text").Select(part => MessageAssembler.Text(part, "text")));
        if (said.Length > 0)
            text.Append(":robot_face: Claude: ").Append(SlackChannel.Escape(Short(said))).Append('\n');
        foreach (var tool in parts.Where(part => MessageAssembler.Text(part, "type") == "tool_use"))
            text.Append("    :wrench: ").Append(SlackChannel.Escape(ToolLine.Of(tool))).Append('\n');
        return new(user, text.ToString().TrimEnd());
    }

    /// <summary>The account's id: nothing of a secret.</summary>
    public static string Footer(LedgerRow row) => SlackChannel.Escape(FormattableString.Invariant($"{row.Domain} | {row.ModelServed ?? row.ModelRequested} | {row.AccountId ?? "own credential"} | Tokens: {row.InputTokens}/{row.OutputTokens}"));

    private static string Short(string text)
    {
        var lines = text.Split('\n');
        return SlackChannel.Truncate(lines.Length > MostLines ? string.Join('\n', lines.Take(MostLines)) + "\n... (truncated)" : text, SlackChannel.LongestText / 2);
    }
}
