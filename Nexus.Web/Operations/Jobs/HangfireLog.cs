using Hangfire.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Nexus.Web.Storage;
using HangfireLevel = Hangfire.Logging.LogLevel;
using Level = Microsoft.Extensions.Logging.LogLevel;

namespace Nexus.Web.Operations.Jobs;

/// <summary>
/// Hangfire's words in Nexus's log. Each of its ten threads reports a lost database by itself, again and again; Nexus has said
/// so once, so these are debug messages while it is away, and one line a minute otherwise.
/// </summary>
internal sealed class HangfireLog(ILoggerFactory loggers, Func<bool> databaseReady) : ILogProvider
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);
    private long _lastLost = -(long)Quiet.TotalMilliseconds;

    public ILog GetLogger(string name)
    {
        try
        {
            return new Logger(this, loggers.CreateLogger(name.StartsWith("Hangfire", StringComparison.Ordinal) ? name : "Hangfire." + name));
        }
        catch (ObjectDisposedException)
        {
            // Hangfire has one provider a process; its last threads outlive the app that set it.
            return new Logger(this, NullLogger.Instance);
        }
    }

    /// <summary>The level at which news of a database error is worth a line now.</summary>
    private Level LevelOfLoss()
    {
        var last = Interlocked.Read(ref _lastLost);
        var now = Environment.TickCount64;
        return databaseReady() && now - last >= (long)Quiet.TotalMilliseconds && Interlocked.CompareExchange(ref _lastLost, now, last) == last
            ? Level.Warning
            : Level.Debug;
    }

    private sealed class Logger(HangfireLog provider, ILogger target) : ILog
    {
        public bool Log(HangfireLevel logLevel, Func<string>? messageFunc, Exception? exception = null)
        {
            var level = (Level)(int)logLevel;
            if (messageFunc is null)
                return target.IsEnabled(level);
            var lost = exception is not null && DatabaseAway.IsDatabase(exception);
            if (lost && level >= Level.Warning)
                level = provider.LevelOfLoss();
            if (target.IsEnabled(level))
                target.Log(level, 0, lost ? $"{messageFunc()} ({exception!.GetBaseException().Message})" : messageFunc(), lost ? null : exception, static (message, _) => message);
            return true;
        }
    }
}
