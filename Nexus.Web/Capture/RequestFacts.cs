using System.Text;
using MemoryPack;
using Nexus.Web.Access.Keys;

namespace Nexus.Web.Capture;

/// <summary>What a request's shape tells about it (spec §3.1; lanes by wire contract part 2 §5).</summary>
[MemoryPackable]
internal sealed partial record RequestFacts(string? Model, bool Stream, string? RequestType, string Lane, int MessageCount, string? SessionId, string? AgentId, string? ParentAgentId, string? Client)
{
    /// <param name="start">What the request path knew.</param>
    /// <param name="body">Decoded.</param>
    /// <param name="cut">Of <paramref name="body"/>.</param>
    public static RequestFacts Of(StartMetadata start, ReadOnlySpan<byte> body, BodyCut cut)
    {
        var agent = Header(start, "x-claude-code-agent-id");
        var client = Header(start, "user-agent")?.Split(' ', 2)[0];
        var isMessage = start.Path == "/v1/messages";
        var lastUser = isMessage ? LastUserContent(body, cut, out var system) : Nothing(out system);
        return new(
            JsonSlice.Text(cut.Member(body, "model"u8)) ?? start.Model,
            cut.Member(body, "stream"u8).SequenceEqual("true"u8),
            isMessage ? TypeOf(body, cut, lastUser, system) : null,
            start.Path switch
            {
                "/v1/messages" when start.KeyId == OwnKey.Id => OwnKey.Lane,
                "/v1/messages" => LaneOf(body, cut, lastUser, agent),
                "/v1/messages/count_tokens" => "count",
                _ => "other",
            },
            cut.Messages.Count,
            Header(start, "x-claude-code-session-id") ?? SessionOf(body, cut),
            agent,
            Header(start, "x-claude-code-parent-agent-id"),
            client is "" ? null : client);
    }

    private static string TypeOf(ReadOnlySpan<byte> body, BodyCut cut, ReadOnlySpan<byte> lastUser, int systemInMessages)
    {
        var system = cut.Member(body, "system"u8);
        if (CountOf(cut.Member(body, "tools"u8), most: 1) is null or 0 && Texts(system, " ").Contains("Extract any file paths that this command reads or modifies", StringComparison.Ordinal))
            return "internal_operation";
        if (MayBeQuota(lastUser) && Texts(lastUser, "\n").Trim().Equals("quota", StringComparison.OrdinalIgnoreCase))
            return "quota";
        var blocks = CountOf(system, most: 2) ?? (JsonSlice.IsNull(system) || system.SequenceEqual("\"\""u8) ? 0 : 1);
        return blocks + systemInMessages <= 1 ? "query_evaluation" : "inference";
    }

    private static string LaneOf(ReadOnlySpan<byte> body, BodyCut cut, ReadOnlySpan<byte> lastUser, string? agent)
    {
        if (agent is not null)
            return "subagent";
        if (!cut.IsObject)
            return "other";
        foreach (var stop in JsonSlice.Elements(cut.Member(body, "stop_sequences"u8)))
            if (JsonSlice.Text(stop) == "</severity>")
                return "classifier";
        var tools = cut.Member(body, "tools"u8);
        var toolCount = CountOf(tools, most: 2);
        if (toolCount == 1 && First(tools, "type"u8)?.StartsWith("web_search", StringComparison.Ordinal) == true && Texts(lastUser, "\n").StartsWith("Perform a web search for the query:", StringComparison.Ordinal))
            return "web_search";
        if (toolCount is null or 0 && !JsonSlice.IsNull(Title(cut.Member(body, "output_config"u8))))
            return "title";
        // Claude Code appends these to a last user message that has blocks already (tool results, a command's output).
        var appended = LastText(lastUser);
        if (appended.StartsWith("<system-reminder>This is a side question", StringComparison.Ordinal))
            return "side_question";
        return appended.StartsWith("CRITICAL: Respond with TEXT ONLY", StringComparison.Ordinal) ? "compaction" : "main";
    }

    private static ReadOnlySpan<byte> Title(ReadOnlySpan<byte> outputConfig) =>
        JsonSlice.Member(JsonSlice.Member(JsonSlice.Member(JsonSlice.Member(outputConfig, "format"u8), "schema"u8), "properties"u8), "title"u8);

    /// <summary>The content of the last message whose role is user, and how many have the role system.</summary>
    private static ReadOnlySpan<byte> LastUserContent(ReadOnlySpan<byte> body, BodyCut cut, out int system)
    {
        system = 0;
        ReadOnlySpan<byte> last = default;
        foreach (var piece in cut.Messages)
        {
            var role = JsonSlice.Member(body[piece], "role"u8);
            if (role.SequenceEqual("\"user\""u8))
                last = body[piece];
            else if (role.SequenceEqual("\"system\""u8))
                system++;
        }

        return JsonSlice.Member(last, "content"u8);
    }

    private static ReadOnlySpan<byte> Nothing(out int system)
    {
        system = 0;
        return default;
    }

    /// <summary>Elements of an array, counted up to <paramref name="most"/>; null for anything else.</summary>
    private static int? CountOf(ReadOnlySpan<byte> json, int most)
    {
        if (!JsonSlice.IsArray(json))
            return null;
        var count = 0;
        foreach (var _ in JsonSlice.Elements(json))
            if (++count == most)
                break;
        return count;
    }

    private static string? First(ReadOnlySpan<byte> array, ReadOnlySpan<byte> name)
    {
        foreach (var element in JsonSlice.Elements(array))
            return JsonSlice.Text(JsonSlice.Member(element, name));
        return null;
    }

    /// <summary>Spares long messages the joining of their texts.</summary>
    private static bool MayBeQuota(ReadOnlySpan<byte> content) => content.Length < 4096;

    /// <summary>The text of a message or of the system prompt, its blocks joined.</summary>
    private static string Texts(ReadOnlySpan<byte> content, string separator)
    {
        if (!JsonSlice.IsArray(content))
            return JsonSlice.Text(content) ?? "";
        var text = new StringBuilder();
        foreach (var block in JsonSlice.Elements(content))
            if (JsonSlice.Text(JsonSlice.Member(block, "text"u8)) is { } piece)
                text.Append(text.Length > 0 ? separator : "").Append(piece);

        return text.ToString();
    }

    private static string LastText(ReadOnlySpan<byte> content)
    {
        if (!JsonSlice.IsArray(content))
            return JsonSlice.Text(content) ?? "";
        ReadOnlySpan<byte> last = default;
        foreach (var block in JsonSlice.Elements(content))
            if (JsonSlice.Member(block, "text"u8) is var text && !text.IsEmpty && text[0] == '"')
                last = text;
        return JsonSlice.Text(last) ?? "";
    }

    private static string? SessionOf(ReadOnlySpan<byte> body, BodyCut cut)
    {
        if (JsonSlice.Text(JsonSlice.Member(cut.Member(body, "metadata"u8), "user_id"u8)) is not { } user || !user.StartsWith('{'))
            return null;
        return JsonSlice.Text(JsonSlice.Member(Encoding.UTF8.GetBytes(user), "session_id"u8));
    }

    private static string? Header(StartMetadata start, string name) => start.Headers.Find(name) is { Length: > 0 } value ? value : null;
}
