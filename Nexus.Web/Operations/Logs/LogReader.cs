using System.Text;

namespace Nexus.Web.Operations.Logs;

/// <param name="Lines">Newest first.</param>
/// <param name="Next">Where to go on reading; null at the log's beginning.</param>
/// <param name="Searched">Whether the search ended for its length and not for having found enough.</param>
internal sealed record LogPage(IReadOnlyList<LogLine> Lines, LogPosition? Next, bool Searched);

/// <summary>Reads the files of the log, from the newest line back or from the oldest on.</summary>
internal sealed class LogReader(string directory)
{
    /// <summary>Bytes that one page may look through: a second of work.</summary>
    private const long MostBytes = 64 << 20;

    private const int Chunk = 64 << 10;

    /// <param name="before">Only lines before this one; null: from the end.</param>
    /// <param name="after">Only lines after this one.</param>
    public LogPage Back(LogFilter filter, LogPosition? before, int most, LogPosition? after = null, CancellationToken cancellation = default)
    {
        var found = new List<LogLine>();
        var looked = 0L;
        LogPosition? last = null;
        foreach (var file in Enumerable.Reverse(LogFile.List(directory)))
        {
            if (!filter.MayHold(file) || (before is { } bound && LogPosition.Compare(file.Id, bound.File) > 0) || (after is { } least && LogPosition.Compare(file.Id, least.File) < 0))
                continue;
            foreach (var text in Back(file, before is { } limit && limit.File == file.Id ? limit.Offset : long.MaxValue))
            {
                if (after is { } floor && text.Position.CompareTo(floor) <= 0)
                    return new(found, null, false);
                if (found.Count == most)
                    return new(found, last, false);
                cancellation.ThrowIfCancellationRequested();
                looked += text.Json.Length;
                last = text.Position;
                if (filter.MayMatch(text.Json) && LogLine.Parse(text) is { } line && filter.Matches(line))
                    found.Add(line);
                if (looked > MostBytes)
                    return new(found, last, true);
            }
        }

        return new(found, null, false);
    }

    /// <summary>Oldest first, as long as the files are there.</summary>
    public IEnumerable<LogLine> Forward(LogFilter filter)
    {
        foreach (var file in LogFile.List(directory).Where(filter.MayHold))
        {
            using var stream = file.Open();
            if (stream is null)
                continue;
            using var reader = new StreamReader(stream, Encoding.UTF8);
            // Their offsets are not asked for.
            while (reader.ReadLine() is { } json)
                if (filter.MayMatch(json) && LogLine.Parse(new(new(file.Id, 0), json)) is { } line && filter.Matches(line))
                    yield return line;
        }
    }

    /// <summary>The lines that begin before <paramref name="end"/>, last first.</summary>
    private static IEnumerable<LogText> Back(LogFile file, long end)
    {
        using var stream = file.Open();
        if (stream is null)
            yield break;
        var rest = Array.Empty<byte>();
        for (var position = Math.Min(end, stream.Length); position > 0;)
        {
            var length = (int)Math.Min(Chunk, position);
            position -= length;
            // What is left of the chunk before is the end of a line that begins in this one or earlier.
            var bytes = new byte[length + rest.Length];
            stream.Position = position;
            stream.ReadExactly(bytes, 0, length);
            rest.CopyTo(bytes, length);
            var stop = bytes.Length;
            for (int newline; stop > 0 && (newline = bytes.AsSpan(0, stop - 1).LastIndexOf((byte)'\n')) >= 0; stop = newline + 1)
                yield return new(new(file.Id, position + newline + 1), Encoding.UTF8.GetString(bytes, newline + 1, stop - newline - 1).TrimEnd('\n'));
            rest = bytes[..stop];
            if (position == 0 && rest.Length > 0)
                yield return new(new(file.Id, 0), Encoding.UTF8.GetString(rest).TrimEnd('\n'));
        }
    }
}
