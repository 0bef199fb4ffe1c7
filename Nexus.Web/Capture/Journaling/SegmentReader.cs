using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Nexus.Web.Capture.Journaling;

/// <summary>Walks the records of one segment from a position, and finds its way past damage.</summary>
internal sealed class SegmentReader(Journal journal, long segment) : IDisposable
{
    private const int Window = 64 * 1024;
    private readonly SafeFileHandle _handle = journal.Files.OpenRead(segment);
    private readonly byte[] _ahead = new byte[16 * 1024];
    private long _aheadOffset;
    private int _aheadLength;
    private bool _copied;

    public long Segment => segment;

    /// <summary>The run that wrote the segment; null when its header is damaged, which is reported.</summary>
    public Guid? CheckedRun()
    {
        if (JournalFiles.RunOf(_handle) is var run && run != Guid.Empty)
            return run;
        // A crash between making the file and its first write leaves it empty: nothing is lost then.
        if (Length > 0)
            Damaged(Math.Min(Length, JournalFiles.SegmentHeaderLength), 0);
        return null;
    }

    public long Length => RandomAccess.GetLength(_handle);

    public long Offset { get; set; } = JournalFiles.SegmentHeaderLength;

    /// <summary>The next whole record before <paramref name="end"/>; null at the end. Damaged bytes are skipped, counted and reported.</summary>
    public (JournalRecord Record, long Offset)? Next(long end, bool verify)
    {
        while (Offset + JournalRecord.HeaderLength <= end)
        {
            ReadAhead(end);
            if (TryAt(Offset, end, verify, out var record))
            {
                var offset = Offset;
                Offset += record.Length;
                return (record, offset);
            }

            Skip(end);
        }

        if (Offset < end)
            Damaged(end - Offset, Offset);
        Offset = Math.Max(Offset, end);
        return null;
    }

    /// <summary>Fills <paramref name="into"/> from an offset.</summary>
    public void Read(Span<byte> into, long offset)
    {
        if (offset >= _aheadOffset && offset + into.Length <= _aheadOffset + _aheadLength)
        {
            _ahead.AsSpan((int)(offset - _aheadOffset), into.Length).CopyTo(into);
            return;
        }

        while (into.Length > 0)
        {
            var read = RandomAccess.Read(_handle, into, offset);
            if (read == 0)
                throw new EndOfStreamException($"Journal segment {segment} ends at {offset}.");
            into = into[read..];
            offset += read;
        }
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>Small records are read many at a time, and never past <paramref name="end"/>: what is there may still be written.</summary>
    private void ReadAhead(long end)
    {
        if (Offset >= _aheadOffset && Offset + JournalRecord.HeaderLength <= _aheadOffset + _aheadLength)
            return;
        var length = (int)Math.Min(_ahead.Length, end - Offset);
        _aheadLength = 0;
        Read(_ahead.AsSpan(0, length), Offset);
        (_aheadOffset, _aheadLength) = (Offset, length);
    }

    private bool TryAt(long offset, long end, bool verify, out JournalRecord record)
    {
        Span<byte> header = stackalloc byte[JournalRecord.HeaderLength];
        Read(header, offset);
        if (!JournalRecord.TryRead(header, out record) || offset + record.Length > end)
            return false;
        if (!verify)
            return true;
        var whole = ArrayPool<byte>.Shared.Rent((int)record.Length);
        try
        {
            Read(whole.AsSpan(0, (int)record.Length), offset);
            return record.IsIntact(whole);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    /// <summary>Moves to the next intact record behind a damaged one, or to the end.</summary>
    private void Skip(long end)
    {
        var start = Offset;
        var window = new byte[Window];
        for (var at = Offset + 1; at + JournalRecord.HeaderLength <= end; at += Window - (JournalRecord.Magic.Length - 1))
        {
            var length = (int)Math.Min(Window, end - at);
            Read(window.AsSpan(0, length), at);
            for (var from = 0; window.AsSpan(from, length - from).IndexOf(JournalRecord.Magic) is var hit and >= 0; from += hit + 1)
            {
                if (at + from + hit + JournalRecord.HeaderLength > end || !TryAt(at + from + hit, end, verify: true, out _))
                    continue;
                Offset = at + from + hit;
                Damaged(Offset - start, start);
                return;
            }
        }

        Offset = end;
        Damaged(end - start, start);
    }

    private void Damaged(long bytes, long offset)
    {
        journal.Corrupt(bytes, segment, offset, keepCopy: !_copied);
        _copied = true;
    }
}
