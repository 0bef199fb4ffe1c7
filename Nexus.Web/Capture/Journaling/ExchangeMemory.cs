namespace Nexus.Web.Capture.Journaling;

/// <summary>
/// Memory for one exchange after the other, given back all at once. Large arrays straight from the heap, for every exchange
/// anew, would make the collector work on its most expensive generation.
/// </summary>
internal sealed class ExchangeMemory
{
    private const int Chunk = 1 << 20;

    /// <summary>Chunks kept from one exchange to the next.</summary>
    private const int MostKept = 2;

    private readonly List<byte[]> _chunks = [];
    private int _current;
    private int _used;

    public Memory<byte> Rent(int length)
    {
        if (length > Chunk / 2)
            return new byte[length];
        if (_chunks.Count == 0 || _used + length > Chunk)
        {
            _current = _chunks.Count == 0 ? 0 : _current + 1;
            _used = 0;
            if (_current == _chunks.Count)
                _chunks.Add(GC.AllocateUninitializedArray<byte>(Chunk));
        }

        var memory = _chunks[_current].AsMemory(_used, length);
        _used += length;
        return memory;
    }

    /// <summary>Everything rented so far is used again from now on.</summary>
    public void Reset()
    {
        if (_chunks.Count > MostKept)
            _chunks.RemoveRange(MostKept, _chunks.Count - MostKept);
        (_current, _used) = (0, 0);
    }
}
