using System.Buffers;
using System.Text;
using Nexus.Web.Capture.Redaction;

namespace Nexus.Web.Capture.Levels;

/// <summary>
/// Keeps an answer with what must not be kept replaced. A secret may be split over any number of deltas, so the deltas of a
/// content block are held in memory until the block ends, looked through as one text, and only then go to the journal.
/// </summary>
internal sealed class RedactedAnswer(Redactor redactor) : AnswerFilter
{
    /// <summary>Of one block; what comes beyond is not kept.</summary>
    private const int MostHeld = 4 << 20;

    private readonly List<(StreamedEvent Event, DeltaText? Text)> _held = [];
    private int _heldBytes;
    private int _open;

    protected override HeaderLine? Header(HeaderLine header) => header with { Value = redactor.Redact(header.Value) };

    protected override void Event(StreamedEvent item, IBufferWriter<byte> kept)
    {
        switch (item.Type)
        {
            case "content_block_start":
                _open++;
                Hold(item, null);
                break;
            case "content_block_delta":
                _open = Math.Max(_open, 1);
                Hold(item, DeltaText.Of(item));
                break;
            case "content_block_stop":
                Hold(item, null);
                if (--_open <= 0)
                    Release(kept);
                break;
            case "ping" when _open > 0:
                Hold(item, null);
                break;
            default:
                Release(kept);
                Write(item, [], kept);
                break;
        }
    }

    protected override void Over(IBufferWriter<byte> kept) => Release(kept);

    protected override void Body(ReadOnlySpan<byte> body, IBufferWriter<byte> kept) => JsonRedactor.Write(redactor, body, kept);

    private void Hold(StreamedEvent item, DeltaText? text)
    {
        // Deltas alone: without its stop a block would never be released.
        if (text is not null && _heldBytes > MostHeld)
            return;
        _held.Add((item, text));
        _heldBytes += item.Raw.Length;
    }

    private void Release(IBufferWriter<byte> kept)
    {
        var edits = new Dictionary<StreamedEvent, Edit>();
        foreach (var group in _held.Where(held => held.Text is not null).Select(held => held.Text!).GroupBy(text => (text.Index, text.Name)))
            Redact([.. group], edits);
        foreach (var (item, _) in _held)
            Write(item, edits.TryGetValue(item, out var edit) ? [edit] : [], kept);
        _held.Clear();
        (_heldBytes, _open) = (0, 0);
    }

    /// <summary>Looks through the texts as the one that they make, and notes for each event what its own part becomes.</summary>
    private void Redact(List<DeltaText> texts, Dictionary<StreamedEvent, Edit> edits)
    {
        var whole = Encoding.UTF8.GetBytes(string.Concat(texts.Select(text => text.Value)));
        // A tool's input arrives as JSON in pieces: in it a secret may be escaped.
        var found = texts[0].Name == "partial_json" ? JsonRedactor.FindInCut(redactor, whole) : InBytes(redactor.Find(Encoding.UTF8.GetString(whole)), Encoding.UTF8.GetString(whole));
        if (_heldBytes > MostHeld)
            found.Add(new Edit(Math.Max(0, whole.Length - 1024), Math.Min(1024, whole.Length), Redactor.Unreadable)); // a secret may have begun where we stopped
        if (Edit.Merge(found) is not { Count: > 0 } all)
            return;
        var at = 0;
        foreach (var text in texts)
        {
            var bytes = Encoding.UTF8.GetBytes(text.Value);
            var end = at + bytes.Length;
            var own = new List<Edit>();
            foreach (var edit in all.Where(edit => edit.Start < end && edit.End > at))
                // The piece in which it begins takes the replacement; the others lose their part of it.
                own.Add(new Edit(Math.Max(edit.Start, at) - at, Math.Min(edit.End, end) - Math.Max(edit.Start, at), edit.Start >= at ? edit.Replacement : ""));
            if (own.Count > 0)
            {
                var redacted = new ArrayBufferWriter<byte>();
                Edit.Apply(bytes, own, redacted);
                edits[text.Event] = new Edit(text.Start, text.Length, JsonRedactor.Quote(Encoding.UTF8.GetString(redacted.WrittenSpan)));
            }

            at = end;
        }
    }

    private static List<Edit> InBytes(List<Edit> found, string text) =>
        [.. found.Select(edit => new Edit(Encoding.UTF8.GetByteCount(text.AsSpan(0, edit.Start)), Encoding.UTF8.GetByteCount(text.AsSpan(edit.Start, edit.Length)), edit.Replacement))];

    /// <summary>Writes an event with the edits of its held text, and with whatever else is found in it.</summary>
    private void Write(StreamedEvent item, List<Edit> edits, IBufferWriter<byte> kept)
    {
        var (from, length) = item.Data.GetOffsetAndLength(item.Raw.Length);
        var rest = JsonRedactor.Find(redactor, item.Json);
        var all = rest is null && length > 0
            ? [new Edit(0, length, JsonRedactor.Quote(Redactor.Unreadable))]
            : Edit.Merge([.. edits, .. (rest ?? []).Where(edit => !edits.Any(own => edit.Start < own.End && edit.End > own.Start))]);
        // Names and comments stand outside the data.
        Edit.Apply(item.Raw.AsSpan(0, from), Edit.Merge([.. JsonRedactor.FindInBytes(redactor, item.Raw.AsSpan(0, from))]), kept);
        Edit.Apply(item.Json, all, kept);
        Edit.Apply(item.Raw.AsSpan(from + length), Edit.Merge([.. JsonRedactor.FindInBytes(redactor, item.Raw.AsSpan(from + length))]), kept);
    }
}
