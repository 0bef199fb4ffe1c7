using System.Buffers;

namespace Nexus.Web.Operations.Logs;

/// <summary>The app's one log: formats on the caller's thread, errors to standard error and the rest to standard output.</summary>
internal sealed class LogProvider : ILoggerProvider
{
    /// <summary>Says "Hosting failed to start" with a stack trace; the command line says the same in one line.</summary>
    private static readonly (string Source, int Event) SaidElsewhere = ("Microsoft.Extensions.Hosting.Internal.Host", 11);

    private readonly TimeProvider _time;
    private readonly LogQueue _queue;
    private readonly ThreadLocal<(ILogFormat Format, ArrayBufferWriter<byte> Buffer)> _line;
    private readonly ThreadLocal<(ILogFormat Format, ArrayBufferWriter<byte> Buffer)>? _fileLine;

    /// <param name="format">Called once per thread that logs.</param>
    /// <param name="fileFormat">The same for files; null where they have the lines of standard output.</param>
    public LogProvider(TimeProvider time, Func<ILogFormat> format, Stream output, Stream errors, LogFiles? files = null, Func<ILogFormat>? fileFormat = null)
    {
        _time = time;
        _line = new(() => (format(), new ArrayBufferWriter<byte>(1024)));
        _fileLine = fileFormat is null ? null : new(() => (fileFormat(), new ArrayBufferWriter<byte>(1024)));
        _queue = new(output, errors, Dropped, files);
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName.StartsWith("Nexus.Web.", StringComparison.Ordinal) ? categoryName["Nexus.Web.".Length..] : categoryName);

    public void Dispose() => _queue.Dispose();

    public void Write(in LogEntry entry)
    {
        var error = entry.Level >= LogLevel.Error;
        if (_fileLine is not null)
            _queue.Add(Line(_fileLine, entry), error, LogPlaces.Files);
        _queue.Add(Line(_line, entry), error, _fileLine is null ? LogPlaces.All : LogPlaces.Console);
    }

    private static ReadOnlySpan<byte> Line(ThreadLocal<(ILogFormat Format, ArrayBufferWriter<byte> Buffer)> line, in LogEntry entry)
    {
        var (format, buffer) = line.Value;
        buffer.ResetWrittenCount();
        format.Write(buffer, entry);
        return buffer.WrittenSpan;
    }

    private byte[] Dropped(long count) =>
        Line(_line, new(_time.GetUtcNow(), LogLevel.Warning, "Operations.Logs", "log_dropped", $"{count} log lines were dropped: whoever reads the log does not keep up.", [new("Count", count)], null, null)).ToArray();

    private sealed class Logger(LogProvider provider, string source) : ILogger
    {
        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == SaidElsewhere.Event && source == SaidElsewhere.Source)
                return;
            provider.Write(new(provider._time.GetUtcNow(), logLevel, source, eventId.Name, formatter(state, exception), state as IReadOnlyList<KeyValuePair<string, object?>> ?? [], exception, LogScope.Current));
        }
    }
}
