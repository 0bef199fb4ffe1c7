using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;

namespace Nexus.Web.Operations.Logs;

/// <summary>Hands new lines to whoever follows the log, as they are in the files; costs nothing while nobody does.</summary>
internal sealed class LogTail
{
    /// <summary>Followers at a time; each may hold <see cref="Capacity"/> lines.</summary>
    public const int Most = 20;

    private const int Capacity = 1000;
    private readonly ConcurrentDictionary<Follower, byte> _followers = new();
    private int _count;

    /// <summary>Null: too many follow already.</summary>
    public Follower? Follow()
    {
        if (Interlocked.Increment(ref _count) > Most)
        {
            Interlocked.Decrement(ref _count);
            return null;
        }

        var follower = new Follower(this);
        _followers[follower] = 0;
        return follower;
    }

    /// <param name="lines">Where in the file and in <paramref name="buffer"/> each of them lies.</param>
    public void Publish(string file, byte[] buffer, List<(long Offset, int Start, int Length)> lines)
    {
        if (_followers.IsEmpty)
            return;
        foreach (var (offset, start, length) in lines)
        {
            var line = new LogText(new(file, offset), Encoding.UTF8.GetString(buffer, start, length).TrimEnd('\n'));
            foreach (var (follower, _) in _followers)
                follower.Offer(line);
        }
    }

    /// <summary>Lines wait here for one page's connection; what it does not fetch in time is counted.</summary>
    internal sealed class Follower(LogTail tail) : IDisposable
    {
        private readonly Channel<LogText> _lines = Channel.CreateBounded<LogText>(Capacity);
        private long _missed;
        private int _gone;

        public void Offer(LogText line)
        {
            if (!_lines.Writer.TryWrite(line))
                Interlocked.Increment(ref _missed);
        }

        public bool TryTake(out LogText line) => _lines.Reader.TryRead(out line);

        public long TakeMissed() => Interlocked.Exchange(ref _missed, 0);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _gone, 1) == 1)
                return;
            tail._followers.TryRemove(this, out _);
            Interlocked.Decrement(ref tail._count);
        }
    }
}

/// <summary>A line as it stands in a file, without its end.</summary>
internal readonly record struct LogText(LogPosition Position, string Json);
