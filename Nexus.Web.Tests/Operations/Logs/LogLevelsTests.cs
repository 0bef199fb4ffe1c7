using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Operations.Logs;
using Xunit;

namespace Nexus.Web.Tests.Operations.Logs;

public sealed class LogLevelsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ServiceProvider _services;

    public LogLevelsTests() => _services = new ServiceCollection()
        .AddSingleton<TimeProvider>(_time).AddSingleton<LogLevels>()
        .AddSingleton<IPostConfigureOptions<LoggerFilterOptions>>(services => services.GetRequiredService<LogLevels>())
        .AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(services => services.GetRequiredService<LogLevels>())
        .AddLogging(logging => logging.AddFilter(null, LogLevel.Information).AddFilter("Npgsql", LogLevel.Warning).AddProvider(new Everything())).BuildServiceProvider();

    private LogLevels Levels => _services.GetRequiredService<LogLevels>();

    [Fact]
    public void A_change_counts_for_loggers_that_exist_and_ends_when_its_time_is_over()
    {
        var (proxy, npgsql) = (Logger("Nexus.Web.Proxy.X"), Logger("Npgsql.Command"));
        Levels.Set(new("Nexus.Web.Proxy", LogLevel.Debug, _time.GetUtcNow().AddMinutes(15), "me"));
        Levels.Set(new("Npgsql", LogLevel.Error, null, "me"));
        Assert.True(proxy.IsEnabled(LogLevel.Debug));
        Assert.False(npgsql.IsEnabled(LogLevel.Warning));
        _time.Advance(TimeSpan.FromMinutes(15));
        Assert.False(proxy.IsEnabled(LogLevel.Debug));
        Assert.True(proxy.IsEnabled(LogLevel.Information));
        Assert.Equal("Npgsql", Assert.Single(Levels.Current).Category);
        Assert.True(Levels.Reset("npgsql"));
        Assert.False(Levels.Reset("npgsql"));
        Assert.True(npgsql.IsEnabled(LogLevel.Warning));
    }

    [Fact]
    public void A_longer_time_given_later_is_not_cut_short_by_the_first_and_the_default_leaves_the_named_alone()
    {
        var other = Logger("Some.Part");
        Levels.Set(new("", LogLevel.Debug, _time.GetUtcNow().AddMinutes(1), "me"));
        Levels.Set(new("", LogLevel.Debug, _time.GetUtcNow().AddMinutes(60), "me"));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.True(other.IsEnabled(LogLevel.Debug));
        Assert.False(Logger("Npgsql").IsEnabled(LogLevel.Information));
        _time.Advance(TimeSpan.FromMinutes(58));
        Assert.False(other.IsEnabled(LogLevel.Debug));
        Assert.Throws<FormatException>(() => Levels.Set(new("no such name", LogLevel.Debug, null, "me")));
    }

    public void Dispose() => _services.Dispose();

    private ILogger Logger(string category) => _services.GetRequiredService<ILoggerFactory>().CreateLogger(category);

    private sealed class Everything : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
            // Nothing is held.
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // Nobody reads it.
        }
    }
}
