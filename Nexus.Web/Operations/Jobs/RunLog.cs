using System.Globalization;
using Nexus.Web.Operations.Logs;

namespace Nexus.Web.Operations.Jobs;

/// <summary>The lines that one run of a job logs, for its page. Follows the run's own flow over awaits; bounded, the newest lines stay.</summary>
internal sealed class RunLog(SecretMask mask)
{
    private const int MostLines = 2_000;
    private const int LongestLine = 2_000;
    private static readonly AsyncLocal<RunLog?> Flow = new();
    private readonly Queue<string> _lines = new();
    private int _dropped;
    private bool _changed;

    public static RunLog? Current
    {
        get => Flow.Value;
        set => Flow.Value = value;
    }

    public void Add(DateTimeOffset at, LogLevel level, string message, Exception? error)
    {
        var line = mask.Apply(string.Create(CultureInfo.InvariantCulture, $"{at.UtcDateTime:HH:mm:ss} {(level >= LogLevel.Error ? "error " : level == LogLevel.Warning ? "warn " : "")}{message}{(error is null ? "" : ": " + error.Message)}"));
        lock (_lines)
        {
            _lines.Enqueue(line.Length > LongestLine ? line[..LongestLine] + "…" : line);
            if (_lines.Count > MostLines)
            {
                _lines.Dequeue();
                _dropped++;
            }

            _changed = true;
        }
    }

    /// <summary>All of it, when there is something new since the last call.</summary>
    public string? TakeChanged()
    {
        lock (_lines)
        {
            if (!_changed)
                return null;
            _changed = false;
            return (_dropped > 0 ? $"({_dropped} older lines are left out)\n" : "") + string.Join('\n', _lines);
        }
    }
}

/// <summary>Hands what is logged within a run to its <see cref="RunLog"/>, whatever LOG_LEVEL is; outside of runs it costs a look at the flow.</summary>
[ProviderAlias("RunLog")]
internal sealed class RunLogProvider(TimeProvider time) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new Logger(time);

    public void Dispose()
    {
        // Nothing is held.
    }

    private sealed class Logger(TimeProvider time) : ILogger
    {
        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information && RunLog.Current is not null;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                RunLog.Current?.Add(time.GetUtcNow(), logLevel, formatter(state, exception), exception);
        }
    }
}
