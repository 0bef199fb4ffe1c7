using System.Buffers;
using System.Numerics;

namespace Nexus.Web.Proxy;

/// <summary>A request body read whole into pooled memory. The memory's budget is shared by all requests.</summary>
internal sealed class PooledBody(byte[] bytes, int length, RequestMemory memory) : IDisposable
{
    private byte[]? _bytes = bytes;

    public int Length => length;

    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, length);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is not { } rented)
            return;
        memory.Return(rented);
    }
}

/// <summary>Counts the bytes that buffered bodies hold, and refuses more than the budget.</summary>
internal sealed class RequestMemory(long budget)
{
    private long _used;

    /// <summary>Null when the budget is used up.</summary>
    public byte[]? TryRent(int length)
    {
        // Counted before it is rented, so that a refused body costs no memory; the pool's arrays are powers of two.
        var size = BitOperations.RoundUpToPowerOf2((uint)Math.Max(length, 16));
        if (Interlocked.Add(ref _used, size) > budget)
        {
            Interlocked.Add(ref _used, -size);
            return null;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(length);
        Interlocked.Add(ref _used, bytes.Length - size);
        return bytes;
    }

    public void Return(byte[] bytes)
    {
        Interlocked.Add(ref _used, -bytes.Length);
        ArrayPool<byte>.Shared.Return(bytes);
    }
}
