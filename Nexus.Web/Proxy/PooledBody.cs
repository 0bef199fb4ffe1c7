using System.Buffers;

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
        var bytes = ArrayPool<byte>.Shared.Rent(length);
        if (Interlocked.Add(ref _used, bytes.Length) <= budget)
            return bytes;
        Return(bytes);
        return null;
    }

    public void Return(byte[] bytes)
    {
        Interlocked.Add(ref _used, -bytes.Length);
        ArrayPool<byte>.Shared.Return(bytes);
    }
}
