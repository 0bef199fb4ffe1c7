using System.Buffers;
using System.Collections.Concurrent;

namespace Nexus.Web.Operations.Logs;

/// <summary>Where a line is to be read.</summary>
[Flags]
internal enum LogPlaces
{
    Console = 1,
    Files = 2,
    All = Console | Files,
}

/// <summary>
/// Lines on their way out. Who logs only leaves a line here; one thread writes, many lines at a time and at most 50 ms later.
/// What a reader that stands still leaves no room for is dropped, counted and reported.
/// </summary>
internal sealed class LogQueue : IDisposable
{
    private const long MostBytes = 8 << 20;
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);
    private readonly ConcurrentQueue<Line> _lines = new();
    private readonly AutoResetEvent _urgent = new(false);
    private readonly Output _output;
    private readonly Output _errors;
    private readonly LogFiles? _files;
    private readonly Func<long, byte[]> _report;
    private readonly Thread _writer;
    private long _waiting;
    private long _dropped;
    private volatile bool _stopping;

    /// <param name="report">The line that says how many were dropped.</param>
    /// <param name="files">Keep the lines, too.</param>
    public LogQueue(Stream output, Stream errors, Func<long, byte[]> report, LogFiles? files = null)
    {
        _files = files;
        _output = new(output);
        _errors = new(errors);
        _report = report;
        _writer = new Thread(Run) { IsBackground = true, Name = "log" };
        _writer.Start();
        AppDomain.CurrentDomain.UnhandledException += OnCrash;
    }

    /// <param name="to">Where the line goes.</param>
    public void Add(ReadOnlySpan<byte> line, bool error, LogPlaces to = LogPlaces.All)
    {
        if (Interlocked.Add(ref _waiting, line.Length) > MostBytes)
        {
            Interlocked.Add(ref _waiting, -line.Length);
            Interlocked.Increment(ref _dropped);
            return;
        }

        var bytes = ArrayPool<byte>.Shared.Rent(line.Length);
        line.CopyTo(bytes);
        _lines.Enqueue(new(bytes, line.Length, error, to));
        if (error)
            _urgent.Set();
    }

    /// <summary>Writes what waits, as long as somebody reads it.</summary>
    public void Dispose()
    {
        AppDomain.CurrentDomain.UnhandledException -= OnCrash;
        _stopping = true;
        _urgent.Set();
        if (_writer.Join(Farewell))
            _urgent.Dispose();
    }

    private void OnCrash(object sender, UnhandledExceptionEventArgs error) => Dispose();

    private void Run()
    {
        while (!_stopping)
        {
            _urgent.WaitOne(Beat);
            Drain();
        }

        Drain();
    }

    private void Drain()
    {
        while (_lines.TryDequeue(out var line))
        {
            Interlocked.Add(ref _waiting, -line.Length);
            var bytes = line.Bytes.AsSpan(0, line.Length);
            if (line.To.HasFlag(LogPlaces.Console))
                (line.Error ? _errors : _output).Add(bytes);
            if (line.To.HasFlag(LogPlaces.Files))
                _files?.Add(bytes);
            ArrayPool<byte>.Shared.Return(line.Bytes);
        }

        if (Interlocked.Exchange(ref _dropped, 0) is var dropped and > 0)
            _output.Add(_report(dropped));
        // A console that nobody reads holds up the files' next lines, not these.
        _files?.Flush();
        _output.Flush();
        _errors.Flush();
    }

    private readonly record struct Line(byte[] Bytes, int Length, bool Error, LogPlaces To);

    /// <summary>Gathers lines to 64 KB a write. Where the reader is gone there is nobody to tell.</summary>
    private sealed class Output(Stream stream)
    {
        private readonly byte[] _buffer = new byte[64 << 10];
        private int _length;

        public void Add(ReadOnlySpan<byte> line)
        {
            if (_length + line.Length > _buffer.Length)
                Flush();
            line.CopyTo(_buffer.AsSpan(_length));
            _length += line.Length;
        }

        public void Flush()
        {
            try
            {
                if (_length > 0)
                    stream.Write(_buffer, 0, _length);
                stream.Flush();
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException)
            {
                // The pipe is closed.
            }

            _length = 0;
        }
    }
}
