namespace Nexus.Web.Proxy;

/// <summary>
/// An event stream with a comment of Nexus's own wherever the upstream was silent for a while (<c>SSE_KEEPALIVE_SECONDS</c>).
/// Only between two events, and never before the first: until then the answer may still turn into another. It lies outside the
/// tee, so no comment is ever stored. An upstream that is silent for too long is given up as without it.
/// </summary>
internal sealed class KeepAliveStream(Stream inner, AnswerTee tee, TimeSpan silence, TimeSpan mostSilence, TimeProvider time) : Stream
{
    private Task<int>? _waiting;
    private long _lastByte = time.GetTimestamp();
    private uint _ending;
    private bool _due;

    public static ReadOnlySpan<byte> Comment => ": keep-alive\n\n"u8;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException("A live answer has no length.");
    public override long Position { get => throw new NotSupportedException("A live answer has no position."); set => throw new NotSupportedException("A live answer has no position."); }

    private bool IsBetweenEvents => (_ending & 0xFFFF) is 0x0A0A or 0x0D0D || _ending == 0x0D0A0D0A;

    /// <summary>Whether an answer is a stream that comments may go into: no compression, which they would break.</summary>
    public static bool Fits(HttpResponseMessage answer) =>
        answer.StatusCode == System.Net.HttpStatusCode.OK
        && answer.Content.Headers.ContentType?.MediaType == "text/event-stream"
        && answer.Content.Headers.ContentEncoding.Count == 0;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_due)
            _due = !await DataComesAsync(cancellationToken);
        if (buffer.Length == 0)
            return 0;
        if (_due && buffer.Length >= Comment.Length)
        {
            _due = false;
            Comment.CopyTo(buffer.Span);
            return Comment.Length;
        }

        var read = await inner.ReadAsync(buffer, cancellationToken);
        foreach (var one in buffer.Span[Math.Max(0, read - 4)..read])
            _ending = _ending << 8 | one;
        _lastByte = time.GetTimestamp();
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("A live answer is read asynchronously.");

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A live answer cannot seek.");

    public override void SetLength(long value) => throw new NotSupportedException("A live answer is read only.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A live answer is read only.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // The wait ends with the connection, and nobody is left to hear how.
            _waiting?.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Waits without a buffer; false when it is time for a comment. The wait goes on behind the comment.</summary>
    private async ValueTask<bool> DataComesAsync(CancellationToken cancellation)
    {
        _waiting ??= inner.ReadAsync(Memory<byte>.Empty, cancellation).AsTask();
        var left = mostSilence - time.GetElapsedTime(_lastByte);
        var comment = IsBetweenEvents && silence < left;
        try
        {
            await _waiting.WaitAsync(comment ? silence : left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellation);
        }
        catch (TimeoutException) when (!_waiting.IsCompleted)
        {
            if (comment)
                return false;
            tee.Broke();
            throw new OperationCanceledException("The upstream was silent for too long.");
        }

        _waiting = null;
        return true;
    }
}
