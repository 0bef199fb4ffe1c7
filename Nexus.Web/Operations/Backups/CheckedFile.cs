using System.IO.Hashing;
using System.Security.Cryptography;

namespace Nexus.Web.Operations.Backups;

/// <summary>A file that is written once, from its beginning, and knows its checksums at the end. Readable by its owner alone.</summary>
internal sealed class CheckedFile(string path) : Stream
{
    public const int BlockBytes = 8 << 20;

    private readonly FileStream _file = new(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite, BufferSize = 1 << 16, Options = FileOptions.Asynchronous });
    private readonly IncrementalHash _whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly XxHash128 _block = new();
    private readonly List<string> _blocks = [];
    private int _inBlock;
    private long _length;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position { get => _length; set => throw new NotSupportedException(); }

    /// <summary>Ends the file and brings it to the disk.</summary>
    public FileSums Complete()
    {
        _file.Flush(flushToDisk: true);
        if (_inBlock > 0)
            _blocks.Add(Convert.ToHexStringLower(_block.GetHashAndReset()));
        return new(_length, Convert.ToHexStringLower(_whole.GetHashAndReset()), BlockBytes, _blocks);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Sum(buffer);
        _file.Write(buffer);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Sum(buffer.Span);
        await _file.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => _file.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _file.Dispose();
            _whole.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Sum(ReadOnlySpan<byte> bytes)
    {
        _whole.AppendData(bytes);
        _length += bytes.Length;
        while (bytes.Length > 0)
        {
            var part = bytes[..Math.Min(bytes.Length, BlockBytes - _inBlock)];
            _block.Append(part);
            _inBlock += part.Length;
            bytes = bytes[part.Length..];
            if (_inBlock < BlockBytes)
                continue;
            _blocks.Add(Convert.ToHexStringLower(_block.GetHashAndReset()));
            _inBlock = 0;
        }
    }
}
