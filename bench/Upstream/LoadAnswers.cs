using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;

namespace Nexus.Bench.Upstream;

/// <summary>
/// Answers for the load: made once, with the request's number written over their ids, so that answering costs next to nothing
/// and the sender can tell which answer is its own.
/// </summary>
internal static class LoadAnswers
{
    public const string Model = "claude-opus-5-20260801";

    /// <summary>Stands in the templates where the number's 16 hexadecimal digits go.</summary>
    private const string Slot = "0123456789abcdef";

    private const int Variants = 64;

    private static readonly Answer[] Streams = [.. Enumerable.Range(0, Variants).Select(MakeStream)];
    private static readonly Answer[] Messages = [.. Enumerable.Range(0, Variants).Select(variant => new Answer([Encoding.UTF8.GetBytes(JsonAnswer.Message(Small(variant)).ToJsonString())]))];
    private static readonly Answer[] Turns = [.. Enumerable.Range(0, Variants).Select(MakeTurn)];

    /// <summary>A streamed answer with thinking, text and a tool call, about 5 KB in 4 writes.</summary>
    public static Answer Stream(ulong number) => Streams[number % Variants];

    /// <summary>A message of about half a kilobyte.</summary>
    public static Answer Message(ulong number) => Messages[number % Variants];

    /// <summary>The streamed answer as it stands in the history of the next request.</summary>
    public static Answer Turn(ulong number) => Turns[number % Variants];

    public static string ToolId(ulong number) => $"toolu_01{number:x16}";

    private static Plan Tool(int variant)
    {
        var text = Encoding.ASCII.GetString(Corpus.Slice((ulong)variant, 420)).Replace("\\n", "\n", StringComparison.Ordinal);
        return Fixed(new(Model,
            [
                Block.Thinks(text[..120]),
                Block.Says(text[120..360]),
                Block.Calls("Edit", new JsonObject { ["file_path"] = $"/home/dev/shop/src/invoices/batch{variant}.cs", ["old_string"] = text[360..], ["new_string"] = text[370..] }, "toolu_01" + Slot),
            ],
            "tool_use", new(6, 310, 29_500, 620)));
    }

    private static Plan Small(int variant) => Fixed(new("claude-haiku-4-5-20251001", [Block.Says(Encoding.ASCII.GetString(Corpus.Slice((ulong)variant, 80)).Replace("\\n", " ", StringComparison.Ordinal))], "end_turn", new(58, 22)));

    /// <summary>The plan with a message id that holds the slot.</summary>
    private static Plan Fixed(Plan plan) => plan with { MessageId = "msg_01" + Slot };

    private static Answer MakeStream(int variant)
    {
        var events = EventStream.Events(Tool(variant), 40);
        // The first event alone, as the first byte counts; the rest in three, as a busy socket would coalesce them.
        var third = (events.Count - 1) / 3;
        return new([events[0], Join(events, 1, third), Join(events, 1 + third, third), Join(events, 1 + (2 * third), events.Count - 1 - (2 * third))]);
    }

    private static Answer MakeTurn(int variant)
    {
        var message = new JsonObject { ["role"] = "assistant", ["content"] = new JsonArray([.. Tool(variant).Blocks.Select(block => block.ToJson())]) };
        return new([Encoding.UTF8.GetBytes(message.ToJsonString())]);
    }

    private static byte[] Join(IReadOnlyList<byte[]> events, int start, int count) => [.. events.Skip(start).Take(count).SelectMany(bytes => bytes)];

    /// <summary>Bytes in the pieces in which they are written, and where in each the number goes.</summary>
    internal sealed class Answer(byte[][] pieces)
    {
        private readonly int[][] _slots = [.. pieces.Select(SlotsOf)];

        public int Length { get; } = pieces.Sum(piece => piece.Length);

        public int Count => pieces.Length;

        public int PieceLength(int piece) => pieces[piece].Length;

        /// <summary>Copies a piece with the number written in; the bytes written.</summary>
        public int Write(int piece, ulong number, Span<byte> into)
        {
            pieces[piece].CopyTo(into);
            foreach (var slot in _slots[piece])
                Utf8Formatter.TryFormat(number, into[slot..], out _, new('x', 16));
            return pieces[piece].Length;
        }

        public byte[] Whole(ulong number)
        {
            var whole = new byte[Length];
            for (int piece = 0, at = 0; piece < pieces.Length; piece++)
                at += Write(piece, number, whole.AsSpan(at));
            return whole;
        }

        private static int[] SlotsOf(byte[] piece)
        {
            var slots = new List<int>();
            var slot = Encoding.ASCII.GetBytes(Slot);
            for (int at = 0, hit; (hit = piece.AsSpan(at).IndexOf(slot)) >= 0; at += hit + slot.Length)
                slots.Add(at + hit);
            return [.. slots];
        }
    }
}
