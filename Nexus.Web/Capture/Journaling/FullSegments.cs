using Microsoft.Win32.SafeHandles;

namespace Nexus.Web.Capture.Journaling;

/// <summary>Segments that are written to the end and that no fsync has seen yet. Whoever takes a handle closes it.</summary>
internal sealed class FullSegments
{
    private readonly Lock _lock = new();
    private readonly SortedList<long, SafeFileHandle> _handles = [];

    public void Add(long segment, SafeFileHandle handle)
    {
        lock (_lock)
            _handles.Add(segment, handle);
    }

    public SafeFileHandle? TakeOldest()
    {
        lock (_lock)
            return _handles.Count == 0 ? null : TakeAt(0);
    }

    public SafeFileHandle? Take(long segment)
    {
        lock (_lock)
            return _handles.IndexOfKey(segment) is var at and >= 0 ? TakeAt(at) : null;
    }

    private SafeFileHandle TakeAt(int index)
    {
        var handle = _handles.GetValueAtIndex(index);
        _handles.RemoveAt(index);
        return handle;
    }
}
