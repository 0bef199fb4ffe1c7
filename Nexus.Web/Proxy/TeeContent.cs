using System.Net;

namespace Nexus.Web.Proxy;

/// <summary>The upstream's content, read through an <see cref="AnswerTee"/>. Its headers are already with the caller when this is made.</summary>
internal sealed class TeeContent(HttpContent inner, AnswerTee tee) : HttpContent
{
    protected override async Task<Stream> CreateContentReadStreamAsync() => new TeeStream(await inner.ReadAsStreamAsync(), tee);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        new TeeStream(await inner.ReadAsStreamAsync(cancellationToken), tee);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await using var source = await CreateContentReadStreamAsync();
        await source.CopyToAsync(stream);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    private sealed class TeeStream(Stream inner, AnswerTee tee) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException("A live answer has no length.");
        public override long Position { get => throw new NotSupportedException("A live answer has no position."); set => throw new NotSupportedException("A live answer has no position."); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read;
            try
            {
                read = await inner.ReadAsync(buffer, cancellationToken);
            }
            catch
            {
                tee.Broke();
                throw;
            }

            // An empty read only waits for data (the copier holds no buffer meanwhile): it says nothing about the end.
            if (buffer.Length > 0)
                tee.Observe(buffer.Span[..read]);
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = inner.Read(buffer, offset, count);
            if (count > 0)
                tee.Observe(buffer.AsSpan(offset, read));
            return read;
        }

        public override void Flush() => inner.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A live answer cannot seek.");

        public override void SetLength(long value) => throw new NotSupportedException("A live answer is read only.");

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A live answer is read only.");

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
