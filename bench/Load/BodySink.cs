using System.IO.Hashing;

namespace Nexus.Bench.Load;

/// <summary>Takes an answer's body as it arrives, without its transfer coding.</summary>
internal abstract class BodySink
{
    public abstract void Take(ReadOnlySpan<byte> bytes);
}

/// <summary>Keeps a hash of the body.</summary>
internal sealed class HashSink : BodySink
{
    private readonly XxHash3 _hash = new();

    public override void Take(ReadOnlySpan<byte> bytes) => _hash.Append(bytes);

    public ulong Finish()
    {
        var hash = _hash.GetCurrentHashAsUInt64();
        _hash.Reset();
        return hash;
    }
}

/// <summary>Looks for the time at which each event was due, and keeps by how many milliseconds it came later.</summary>
internal sealed class LatenessSink : BodySink
{
    private byte[] _rest = new byte[4096];
    private int _length;

    public List<double> Lateness { get; } = [];

    /// <summary>The stream came to its last event.</summary>
    public bool Stopped { get; private set; }

    public override void Take(ReadOnlySpan<byte> bytes)
    {
        var now = System.Diagnostics.Stopwatch.GetTimestamp() / (System.Diagnostics.Stopwatch.Frequency / 1_000_000);
        if (_length + bytes.Length > _rest.Length)
            Array.Resize(ref _rest, Math.Max(_rest.Length * 2, _length + bytes.Length));
        bytes.CopyTo(_rest.AsSpan(_length));
        _length += bytes.Length;
        var at = 0;
        for (int end; (end = _rest.AsSpan(at, _length - at).IndexOf("\n\n"u8)) >= 0; at += end + 2)
            TakeEvent(_rest.AsSpan(at, end), now);
        _rest.AsSpan(at, _length - at).CopyTo(_rest);
        _length -= at;
    }

    private void TakeEvent(ReadOnlySpan<byte> item, long now)
    {
        if (item.LastIndexOf("\"due\":"u8) is var due and >= 0 && System.Buffers.Text.Utf8Parser.TryParse(item[(due + 6)..], out long micros, out _))
            Lateness.Add((now - micros) / 1000.0);
        Stopped |= item.StartsWith("event: message_stop"u8);
    }
}
