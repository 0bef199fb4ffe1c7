using Microsoft.Extensions.Logging;
using Nexus.Web.Operations.Jobs;
using Npgsql;
using Xunit;
using HangfireLevel = Hangfire.Logging.LogLevel;

namespace Nexus.Web.Tests.Operations.Jobs;

public sealed class HangfireLogTests
{
    [Theory]
    [InlineData(false, 0)] // Nexus has said that the database is away
    [InlineData(true, 1)]
    public void An_outage_does_not_flood_the_log(bool ready, int lines)
    {
        using var sink = new Sink();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(sink));
        var log = new HangfireLog(loggers, () => ready);
        for (var i = 0; i < 1000; i++)
            log.GetLogger($"Hangfire.Part{i % 10}").Log(HangfireLevel.Error, () => "is still in the Failed state", new InvalidOperationException("", new NpgsqlException("Connection refused")));
        Assert.Equal(lines, sink.Lines.Count);
        Assert.All(sink.Lines, line => Assert.Contains("Connection refused", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Other_errors_are_logged_as_they_are()
    {
        using var sink = new Sink();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(sink));
        var log = new HangfireLog(loggers, () => false).GetLogger("Hangfire.Worker");
        log.Log(HangfireLevel.Error, () => "first", new InvalidOperationException("broken"));
        log.Log(HangfireLevel.Error, () => "second", new InvalidOperationException("broken"));
        Assert.Equal(["first", "second"], sink.Lines);
    }

    private sealed class Sink : ILoggerProvider, ILogger
    {
        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Add(formatter(state, exception));

        public void Dispose()
        {
            // The lines stay readable.
        }
    }
}
