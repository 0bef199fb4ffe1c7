using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Nexus.Web.Capture;

namespace Nexus.Web.Proxy.Pooling;

/// <summary>
/// Which account holds a message thread: Anthropic keeps a thread at the account that made its last message, for minutes. Known
/// to this node alone; where it is not known, the session's own account is asked.
/// </summary>
internal sealed class Threads
{
    private const int Most = 10_000;
    private readonly ConcurrentDictionary<string, string> _holders = new();
    private readonly ConcurrentQueue<string> _order = new();

    public string? HolderOf(string messageId) => _holders.GetValueOrDefault(messageId);

    public void Learn(string messageId, string accountId)
    {
        if (!_holders.TryAdd(messageId, accountId))
            return;
        _order.Enqueue(messageId);
        if (_holders.Count > Most && _order.TryDequeue(out var oldest))
            _holders.TryRemove(oldest, out _);
    }

    /// <summary>Whether the body has a <c>thread</c>, and the message that it goes on from; the body is parsed only where the word stands in it.</summary>
    public static (bool IsThread, string? PreviousMessageId) Of(ReadOnlySpan<byte> body)
    {
        if (body.IndexOf("\"thread\""u8) < 0)
            return default;
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 256 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return default;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isThread = reader.ValueTextEquals("thread"u8);
                reader.Read();
                if (isThread && reader.TokenType == JsonTokenType.StartObject)
                    return (true, Previous(ref reader));
                reader.Skip();
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The upstream says better what is wrong with it.
        }

        return default;
    }

    private static string? Previous(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isPrevious = reader.ValueTextEquals("previous_message_id"u8);
            reader.Read();
            if (isPrevious)
                return reader is { TokenType: JsonTokenType.String, ValueSpan.Length: < 200 } ? reader.GetString() : null;
            reader.Skip();
        }

        return null;
    }
}

/// <summary>Looks for the id of the message that begins a thread's answer, in its first few kilobytes.</summary>
internal sealed class ThreadLearner(Threads threads)
{
    private const int Most = 8 * 1024, MostDecoded = 64 * 1024;

    /// <summary>What is compressed is decoded from its start at each read.</summary>
    private const int MostReads = 16;
    private readonly List<byte> _seen = [];
    private int _reads;
    private bool _over;

    public void Observe(ReadOnlySpan<byte> bytes, string? encoding, string accountId)
    {
        if (_over)
            return;
        _seen.AddRange(bytes[..Math.Min(bytes.Length, Most - _seen.Count)]);
        ReadOnlySpan<byte> seen = encoding is null ? System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_seen) : ContentDecoding.Beginning(_seen.ToArray(), encoding, MostDecoded).Span;
        var start = seen.IndexOf("\"msg_"u8);
        var end = start < 0 ? -1 : seen[(start + 1)..].IndexOf((byte)'"');
        if (end > 0)
            threads.Learn(Encoding.UTF8.GetString(seen.Slice(start + 1, end)), accountId);
        _over = end > 0 || _seen.Count >= Most || (encoding is not null && ++_reads >= MostReads);
    }
}
