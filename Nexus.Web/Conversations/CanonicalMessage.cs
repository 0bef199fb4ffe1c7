using System.IO.Hashing;
using System.Text;
using Nexus.Web.Capture;

namespace Nexus.Web.Conversations;

/// <param name="Hash">Of role, kind and what counts of the content.</param>
/// <param name="Tool">Of a tool block's id, by which a repeated block is known; 0 for others.</param>
internal readonly record struct CanonicalBlock(ulong Hash, ulong Tool);

/// <summary>
/// What of a message counts for linking. A string is one text block; cache markers, reminders, thinking and white space at the
/// ends do not count; tool blocks count by id, and blocks of kinds yet unknown by their kind alone (spec §4.1).
/// </summary>
/// <param name="FromUser">Else from the assistant.</param>
/// <param name="Blocks">Empty for other roles.</param>
/// <param name="Words">What a person typed in it, at most <see cref="MostWords"/> characters; null when nothing.</param>
/// <param name="Prompt">Of all its texts together, by which a subagent's launch is found; null with anything but texts.</param>
/// <param name="Summary">It opens a conversation that was compacted: hashes of the summary that it goes on from.</param>
internal sealed record CanonicalMessage(bool FromUser, IReadOnlyList<CanonicalBlock> Blocks, string? Words, long? Prompt, IReadOnlyList<long>? Summary)
{
    public const int MostWords = 20_000;

    /// <summary>Of a message that is neither the user's nor the assistant's.</summary>
    public static CanonicalMessage Nothing { get; } = new(true, [], null, null, null);

    public static CanonicalMessage Of(ReadOnlySpan<byte> message)
    {
        var role = JsonSlice.Member(message, "role"u8);
        var user = role.SequenceEqual("\"user\""u8);
        return user || role.SequenceEqual("\"assistant\""u8) ? Of(user, JsonSlice.Member(message, "content"u8)) : Nothing;
    }

    public static CanonicalMessage Of(bool user, ReadOnlySpan<byte> content)
    {
        var blocks = new List<CanonicalBlock>();
        var texts = new List<string>();
        if (JsonSlice.Text(content) is { } text)
            AddText(user, text, blocks, texts);
        else
            foreach (var block in JsonSlice.Elements(content))
                Add(user, block, blocks, texts);
        return new(user, blocks, user ? HumanWords.Of(texts) : null, user && texts.Count > 0 && texts.Count == blocks.Count ? HashOfPrompt(string.Join('\n', texts)) : null, user ? Compaction.SummariesGoneOnFrom(texts) : null);
    }

    /// <summary>A subagent's prompt, as its launch and its first request have it.</summary>
    public static long HashOfPrompt(string prompt) =>
        unchecked((long)Hash(true, "prompt", Encoding.UTF8.GetBytes(CanonicalText.Of(prompt).Replace("\\n", "\n", StringComparison.Ordinal))));

    private static void Add(bool user, ReadOnlySpan<byte> block, List<CanonicalBlock> blocks, List<string> texts)
    {
        var type = JsonSlice.Text(JsonSlice.Member(block, "type"u8)) ?? "";
        switch (type)
        {
            case "text":
                AddText(user, JsonSlice.Text(JsonSlice.Member(block, "text"u8)) ?? "", blocks, texts);
                break;
            case "thinking" or "redacted_thinking":
                break;
            case "tool_use":
                AddTool(user, type, JsonSlice.Member(block, "id"u8), JsonSlice.Member(block, "input"u8), blocks);
                break;
            case "tool_result":
                AddTool(user, type, JsonSlice.Member(block, "tool_use_id"u8), JsonSlice.Member(block, "content"u8), blocks);
                break;
            case "image":
                var source = JsonSlice.Member(block, "source"u8);
                blocks.Add(new(Hash(user, type, [.. JsonSlice.Member(source, "media_type"u8), .. JsonSlice.Member(source, "data"u8)]), 0));
                break;
            default:
                blocks.Add(new(Hash(user, type, default), 0));
                break;
        }
    }

    private static void AddText(bool user, string text, List<CanonicalBlock> blocks, List<string> texts)
    {
        if (CanonicalText.Of(text) is not { Length: > 0 } canonical)
            return;
        texts.Add(canonical);
        blocks.Add(new(Hash(user, "text", Encoding.UTF8.GetBytes(canonical)), 0));
    }

    private static void AddTool(bool user, string type, ReadOnlySpan<byte> id, ReadOnlySpan<byte> content, List<CanonicalBlock> blocks)
    {
        var named = JsonSlice.Text(id) is { Length: > 0 } text ? Hash(user, type, Encoding.UTF8.GetBytes(text)) : 0;
        blocks.Add(named != 0 ? new(named, named) : new(Hash(user, type, content), 0));
    }

    private static ulong Hash(bool user, string type, ReadOnlySpan<byte> content)
    {
        var hash = new XxHash3(user ? 1 : 2);
        hash.Append(Encoding.UTF8.GetBytes(type));
        hash.Append([0]);
        hash.Append(content);
        return hash.GetCurrentHashAsUInt64();
    }
}
