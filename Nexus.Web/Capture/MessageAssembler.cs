using System.Net.ServerSentEvents;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Nexus.Web.Capture;

/// <summary>The message that an answer carries, put together from a stream's events by block index, or read from a JSON body.</summary>
/// <param name="Message">As a non-streamed answer would have it; null when there is none.</param>
/// <param name="ErrorType">Of an <c>error</c> event or body.</param>
/// <param name="FirstContentOffset">Where the first <c>content_block_delta</c> stands in the decoded stream; null without one.</param>
internal sealed record AssembledMessage(JsonObject? Message, string? ErrorType, string? ErrorMessage, bool Stopped, long? FirstContentOffset)
{
    /// <summary>Blocks of type <c>tool_use</c>.</summary>
    public int ToolCalls => (Message?["content"] as JsonArray)?.Count(block => MessageAssembler.Text(block, "type") == "tool_use") ?? 0;
}

/// <summary>Keeps every block type, known or not, and what had arrived of unfinished blocks.</summary>
internal sealed partial class MessageAssembler
{
    private readonly SortedDictionary<int, JsonObject> _blocks = [];
    private readonly Dictionary<int, System.Text.StringBuilder> _inputs = [];
    private JsonObject? _message;
    private string? _errorType;
    private string? _errorMessage;
    private bool _stopped;

    public static AssembledMessage FromJson(ReadOnlySpan<byte> body)
    {
        if (Parse(body) is not JsonObject json)
            return new(null, null, null, false, null);
        if (Text(json, "type") == "error")
            return new(null, Text(json["error"], "type"), Text(json["error"], "message"), false, null);
        return new(json, null, null, true, null);
    }

    public static AssembledMessage FromStream(ReadOnlyMemory<byte> body) => Assemble(body, deltas: true);

    /// <summary>The same message with its blocks as they began: what the ledger needs, at a fraction of the cost.</summary>
    public static AssembledMessage FactsOfStream(ReadOnlyMemory<byte> body) => Assemble(body, deltas: false);

    private static AssembledMessage Assemble(ReadOnlyMemory<byte> body, bool deltas)
    {
        var assembler = new MessageAssembler();
        using var stream = MemoryMarshal.TryGetArray(body, out var array) ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false) : new MemoryStream(body.ToArray());
        var parser = SseParser.Create(stream, (_, data) => Says(data, deltas) ? Parse(data) as JsonObject : null);
        foreach (var item in parser.Enumerate())
            if (item.Data is { } data)
                assembler.Take(data);
        var first = body.Span.IndexOf("content_block_delta"u8);
        return assembler.Finish(first < 0 ? null : first);
    }

    /// <summary>False for events, as Anthropic writes them, that change nothing; any other is looked into.</summary>
    private static bool Says(ReadOnlySpan<byte> data, bool deltas) =>
        !data.StartsWith("{\"type\":\"ping\""u8) && !data.StartsWith("{\"type\":\"content_block_stop\""u8) && (deltas || !data.StartsWith("{\"type\":\"content_block_delta\""u8));

    private void Take(JsonObject data)
    {
        switch (Text(data, "type"))
        {
            case "message_start" when data["message"] is JsonObject message:
                data.Remove("message");
                _message = message;
                break;
            case "content_block_start" when data["content_block"] is JsonObject block:
                data.Remove("content_block");
                _blocks[Index(data)] = block;
                break;
            case "content_block_delta" when data["delta"] is JsonObject delta:
                Apply(Index(data), delta);
                break;
            case "message_delta":
                Merge(data);
                break;
            case "message_stop":
                _stopped = true;
                break;
            case "error":
                _errorType = Text(data["error"], "type");
                _errorMessage = Text(data["error"], "message");
                break;
            default:
                break; // ping, content_block_stop and what is yet to be invented change nothing
        }
    }

    private void Apply(int index, JsonObject delta)
    {
        if (!_blocks.TryGetValue(index, out var block))
            _blocks[index] = block = [];
        switch (Text(delta, "type"))
        {
            case "text_delta":
                Append(block, "text", delta);
                break;
            case "thinking_delta":
                Append(block, "thinking", delta);
                break;
            case "signature_delta":
                Append(block, "signature", delta);
                break;
            case "input_json_delta":
                if (!_inputs.TryGetValue(index, out var input))
                    _inputs[index] = input = new();
                input.Append(Text(delta, "partial_json"));
                break;
            case "citations_delta":
                if (block["citations"] is not JsonArray citations)
                    block["citations"] = citations = [];
                citations.Add(delta["citation"]?.DeepClone());
                break;
            default:
                if (block["unknown_deltas"] is not JsonArray unknown)
                    block["unknown_deltas"] = unknown = [];
                unknown.Add(delta.DeepClone());
                break;
        }
    }

    private void Merge(JsonObject data)
    {
        _message ??= [];
        if (data["delta"] is JsonObject delta)
            foreach (var (name, value) in delta)
                _message[name] = value?.DeepClone();
        if (data["usage"] is not JsonObject usage)
            return;
        if (_message["usage"] is not JsonObject known)
            _message["usage"] = known = [];
        foreach (var (name, value) in usage)
            // Deltas are cumulative and replace; null, and a zero for what cannot be zero any more, say that the delta does not know it.
            if (value is not null && (name is not ("input_tokens" or "output_tokens") || Usage.TokenUsage.Number(value) > 0))
                known[name] = value.DeepClone();
    }

    private AssembledMessage Finish(long? firstContent)
    {
        foreach (var (index, input) in _inputs)
            _blocks[index]["input"] = Parse(System.Text.Encoding.UTF8.GetBytes(input.ToString())) ?? new JsonObject { ["_raw"] = input.ToString() };
        if (_message is not null || _blocks.Count > 0)
            (_message ??= [])["content"] = new JsonArray([.. _blocks.Values]);
        return new(_message, _errorType, _errorMessage, _stopped, firstContent);
    }

    private static void Append(JsonObject block, string name, JsonObject delta) => block[name] = (Text(block, name) ?? "") + Text(delta, name);

    private static int Index(JsonObject data) => data["index"] is JsonValue value && value.TryGetValue<int>(out var index) ? index : 0;

    internal static string? Text(JsonNode? node, string name) => node is JsonObject json ? Text(json[name]) : null;

    internal static string? Text(JsonNode? node)
    {
        if (node is not JsonValue value || value.GetValueKind() != JsonValueKind.String)
            return null;
        try
        {
            return value.GetValue<string>();
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, or broken UTF-8, is no text: it is shown as U+FFFD. The stored bytes keep it.
            return ParseForDisplay(JsonMarshal.GetRawUtf8Value(value.GetValue<JsonElement>()))?.GetValue<string>();
        }
    }

    [System.Text.RegularExpressions.GeneratedRegex(@"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}")]
    private static partial System.Text.RegularExpressions.Regex LoneSurrogate();

    /// <summary>JSON to be shown: halves of surrogate pairs and broken UTF-8 become U+FFFD; null when it is no JSON even so.</summary>
    internal static JsonNode? ParseForDisplay(ReadOnlySpan<byte> bytes) =>
        Parse(System.Text.Encoding.UTF8.GetBytes(LoneSurrogate().Replace(System.Text.Encoding.UTF8.GetString(bytes), "\\ufffd")));

    /// <summary>The node as bytes; null when it holds text that is no Unicode (the stored bytes keep it).</summary>
    internal static byte[]? Serialize(JsonNode node)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(node);
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Null for what is not JSON, repeats a key, or nests deeper than 256.</summary>
    internal static JsonNode? Parse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var node = JsonNode.Parse(bytes, documentOptions: new JsonDocumentOptions { MaxDepth = 256 });
            // Objects are read lazily: a repeated key shows itself only when they are looked into.
            node?.DeepClone();
            return node;
        }
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}
