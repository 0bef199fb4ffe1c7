using System.Buffers;
using System.Globalization;
using System.Text;
using Nexus.Web.Capture;
using Nexus.Web.Capture.Redaction;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Pages;
using Nexus.Web.Pages.Shared;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>A transcript as the texts that a model reads: without thinking and pictures, tool traffic shortened, secrets replaced.</summary>
internal sealed class TranscriptText(Redactor redactor, SecretMask mask)
{
    private const int LongestText = 12_000;
    private const int LongestCall = 1_000;
    private const int LongestResult = 1_500;

    /// <summary>One text for each message that says anything.</summary>
    public IReadOnlyList<string> Of(Transcript transcript)
    {
        var texts = new List<string>();
        foreach (var turn in transcript.Turns)
            Add(turn.Role, turn.Blocks);
        Add("assistant", transcript.Answer);
        return texts;

        void Add(string role, IReadOnlyList<ContentBlock> blocks)
        {
            if (Body(blocks) is { Length: > 0 } body)
                texts.Add(string.Create(CultureInfo.InvariantCulture, $"[{texts.Count + 1}] {role}:\n{body}\n"));
        }
    }

    /// <summary>A text of a few thousand characters without its secrets.</summary>
    public string Clean(string text) => mask.Apply(redactor.Redact(text));

    private string Body(IReadOnlyList<ContentBlock> blocks)
    {
        var text = new StringBuilder();
        foreach (var block in blocks)
            if (One(block) is { Length: > 0 } some)
                text.Append(text.Length > 0 ? "\n" : "").Append(some);
        return text.ToString();
    }

    private string One(ContentBlock block) => block.Kind switch
    {
        "thinking" => "",
        "text" or "output" => Short(block.Text, LongestText).Trim(),
        "image" or "image elsewhere" or "document" => "(a picture or file)",
        _ when block.Kind.EndsWith("tool_use", StringComparison.Ordinal) => $"(calls the tool {block.Label}: {Short(Call(block.Text), LongestCall)})",
        _ when block.Kind.EndsWith("tool_result", StringComparison.Ordinal) => $"(tool {(block.Failed ? "failed" : "result")}: {Short(string.Join('\n', (block.Parts ?? []).Select(part => part.Kind is "output" or "text" ? part.Text : "(a picture or file)")), LongestResult)})",
        _ => $"({block.Label ?? block.Kind})",
    };

    /// <summary>A tool's input, whose escapes would hide secrets: names and values are looked through as what they say.</summary>
    private string Call(string json)
    {
        if (json.Length == 0)
            return "";
        var clean = new ArrayBufferWriter<byte>();
        JsonRedactor.Write(redactor, Encoding.UTF8.GetBytes(json), clean);
        return MessageAssembler.Parse(clean.WrittenSpan) is { } node ? PrettyJson.Of(JsonTexts.Each(node, text => mask.Apply(Truncation.Shorten(text, 2 * LongestText)))) : Redactor.Unreadable;
    }

    /// <summary>
    /// Looked through before it is shortened: half a secret is none to the expressions. The mask reads no long texts, so it gets
    /// beginning and end of one, and where that was cut does not stay.
    /// </summary>
    private string Short(string text, int most) => Truncation.Shorten(mask.Apply(Truncation.Shorten(redactor.Redact(text), 2 * LongestText)), most);
}
