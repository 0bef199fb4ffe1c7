namespace Nexus.Web.Proxy.Pooling;

/// <summary>Bytes that were read ahead, then the stream that they came from.</summary>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : Stream
{
    private ReadOnlyMemory<byte> _prefix = prefix;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException("A live answer has no length.");
    public override long Position { get => throw new NotSupportedException("A live answer has no position."); set => throw new NotSupportedException("A live answer has no position."); }

    /// <summary>The answer's content with the bytes put back, and its headers.</summary>
    public static HttpContent Over(HttpContent content, ReadOnlyMemory<byte> prefix, Stream rest)
    {
        var whole = new StreamContent(new PrefixedStream(prefix, rest));
        foreach (var (name, values) in content.Headers.NonValidated)
            whole.Headers.TryAddWithoutValidation(name, values);
        return whole;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _prefix.IsEmpty ? rest.ReadAsync(buffer, cancellationToken) : ValueTask.FromResult(TakePrefix(buffer.Span));

    public override int Read(byte[] buffer, int offset, int count) => _prefix.IsEmpty ? rest.Read(buffer, offset, count) : TakePrefix(buffer.AsSpan(offset, count));

    public override void Flush() => rest.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A live answer cannot seek.");

    public override void SetLength(long value) => throw new NotSupportedException("A live answer is read only.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A live answer is read only.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            rest.Dispose();
        base.Dispose(disposing);
    }

    private int TakePrefix(Span<byte> into)
    {
        var some = Math.Min(into.Length, _prefix.Length);
        _prefix.Span[..some].CopyTo(into);
        _prefix = _prefix[some..];
        return some;
    }
}
