using System.Text.Json.Nodes;
using Nexus.Web.Capture;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Conversations;

namespace Nexus.Web.Pages;

/// <summary>A request's body and answer taken apart for reading.</summary>
internal sealed class StoredConversation
{
    private readonly JsonObject? _request;
    private readonly JsonArray _messages;

    public StoredConversation(StoredPayload payload)
    {
        RequestBody = Decoded(payload.RequestBody, payload.RequestHeaders);
        ResponseBody = payload.Message ?? Decoded(payload.ResponseBody, payload.ResponseHeaders);
        _request = MessageAssembler.ParseForDisplay(RequestBody.Span) as JsonObject;
        _messages = _request?["messages"] as JsonArray ?? [];
    }

    /// <summary>Decoded; empty when it was not kept.</summary>
    public ReadOnlyMemory<byte> RequestBody { get; }

    /// <summary>Decoded, and of a stream the assembled message.</summary>
    public ReadOnlyMemory<byte> ResponseBody { get; }

    /// <summary>Its messages are only those since another request of the thread.</summary>
    public bool GoesOnFromThread => MessageAssembler.Text(_request?["thread"], "previous_message_id") is not null;

    public int Count => _messages.Count;

    public IReadOnlyList<ContentBlock> System => ContentBlock.Of(_request?["system"]);

    public IReadOnlyList<string> Tools => [.. (_request?["tools"] as JsonArray ?? []).Select(tool => MessageAssembler.Text(tool, "name") ?? MessageAssembler.Text(tool, "type") ?? "unnamed")];

    /// <summary>The messages from <paramref name="first"/> (counted from 0) up to but not with <paramref name="past"/>.</summary>
    public IReadOnlyList<Turn> Turns(int first, int past) =>
        [.. _messages.Skip(first).Take(past - first).Select((message, i) => new Turn(first + i + 1, MessageAssembler.Text(message, "role") ?? "unknown", ContentBlock.Of((message as JsonObject)?["content"])))];

    /// <summary>What came back: the message's blocks, or whatever else it was.</summary>
    public IReadOnlyList<ContentBlock> Answer()
    {
        if (ResponseBody.IsEmpty)
            return [];
        var answer = MessageAssembler.ParseForDisplay(ResponseBody.Span) as JsonObject;
        return answer?["content"] is JsonArray content ? ContentBlock.Of(content) : [new("output", null, PrettyJson.Of(ResponseBody))];
    }

    /// <summary>The tools that the message at <paramref name="index"/> calls, at its end the answer's; failed where the next message brings it back so.</summary>
    public IReadOnlyList<CalledTool> Calls(int index)
    {
        var message = index < _messages.Count ? _messages[index] : MessageAssembler.ParseForDisplay(ResponseBody.Span);
        if (MessageAssembler.Text(message, "role") != "assistant" || (message as JsonObject)?["content"] is not JsonArray content)
            return [];
        var results = index + 1 < _messages.Count ? (_messages[index + 1] as JsonObject)?["content"] as JsonArray : null;
        var failed = (results ?? []).OfType<JsonObject>().Where(block => block["is_error"] is JsonValue error && error.TryGetValue<bool>(out var yes) && yes)
            .Select(block => MessageAssembler.Text(block, "tool_use_id")).OfType<string>().ToHashSet();
        return [.. content.Where(block => MessageAssembler.Text(block, "type")?.EndsWith("tool_use", StringComparison.Ordinal) == true).DistinctBy(block => MessageAssembler.Text(block, "id") ?? (object?)block)
            .Select(block => CalledTool.Of(block, MessageAssembler.Text(block, "id") is { } id && failed.Contains(id)))];
    }

    private static ReadOnlyMemory<byte> Decoded(byte[]? body, IReadOnlyList<HeaderLine> headers) =>
        body is null ? default : ContentDecoding.Decode(body, ContentDecoding.EncodingOf(headers)) ?? default;
}
