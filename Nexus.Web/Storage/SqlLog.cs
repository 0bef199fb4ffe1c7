using System.Diagnostics;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Nexus.Web.Storage;

/// <summary>
/// Slow statements as warnings and, with DEBUG_SQL or this logger at debug, every statement: pages and EF Core, API, ingest with its COPY, jobs and
/// Hangfire alike, because all of them pass Npgsql's tracing, which tells start, end and failure of each.
/// </summary>
internal sealed partial class SqlLog : IDisposable
{
    private const string Mine = "nexus.sql";
    private readonly StorageOptions _options;
    private readonly ILogger<SqlLog> _logger;
    private readonly ActivityListener _listener;

    public SqlLog(IOptions<StorageOptions> options, ILogger<SqlLog> logger)
    {
        _options = options.Value;
        _logger = logger;
        _listener = new()
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = OnStopped,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>From now on the statements of the sources that <paramref name="builder"/> builds are seen.</summary>
    public void Watch(NpgsqlDataSourceBuilder builder) => builder.ConfigureTracing(tracing => tracing
        .ConfigureCommandEnrichmentCallback((activity, command) => activity.SetCustomProperty(Mine, new Statement(this, command.CommandText, () => Rows(command), Values(command.Parameters))))
        .ConfigureBatchEnrichmentCallback((activity, batch) => activity.SetCustomProperty(Mine, new Statement(this, Text(batch), () => Rows(batch), null)))
        .ConfigureCopyOperationEnrichmentCallback((activity, command) => activity.SetCustomProperty(Mine, new Statement(this, command, () => Rows(activity), null)))
        .EnableFirstResponseEvent(false));

    public void Dispose() => _listener.Dispose();

    private void OnStopped(Activity activity)
    {
        // The listener hears of the whole process's statements.
        if (activity.GetCustomProperty(Mine) is not Statement statement || statement.Log != this)
            return;
        var milliseconds = Math.Round(activity.Duration.TotalMilliseconds, 2);
        if (activity.Duration.TotalMilliseconds > _options.SlowQueryThresholdMs)
            Log.Slow(_logger, milliseconds, statement.Rows(), SqlText.Of(statement.Text));
        if (_logger.IsEnabled(LogLevel.Debug))
            Log.Executed(_logger, activity.Status == ActivityStatusCode.Error ? "SQL failed" : "SQL", milliseconds, statement.Rows(), SqlText.Of(statement.Text), statement.Values, Failure(activity));
    }

    private string? Values(NpgsqlParameterCollection parameters) => parameters.Count > 0 && _logger.IsEnabled(LogLevel.Debug) ? SqlText.Of(parameters) : null;

    private static string Text(NpgsqlBatch batch) => string.Join(";\n", ((IList<NpgsqlBatchCommand>)batch.BatchCommands).Select(command => command.CommandText));

    /// <summary>Rows read or changed; null while PostgreSQL has not said.</summary>
    private static long? Rows(NpgsqlCommand command)
    {
#pragma warning disable CS0618 // The only place where a command tells its rows.
        var statements = command.Statements;
#pragma warning restore CS0618
        return statements.Count == 0 ? null : statements.Sum(statement => (long)statement.Rows);
    }

    private static long? Rows(NpgsqlBatch batch) => ((IList<NpgsqlBatchCommand>)batch.BatchCommands).Sum(command => (long)command.Rows);

    private static long? Rows(Activity copy) => copy.GetTagItem("db.npgsql.rows") is IConvertible rows ? Convert.ToInt64(rows, System.Globalization.CultureInfo.InvariantCulture) : null;

    private static string? Failure(Activity activity) => activity.Status == ActivityStatusCode.Error ? activity.StatusDescription ?? "" : null;

    private sealed record Statement(SqlLog Log, string Text, Func<long?> Rows, string? Values);

    private static partial class Log
    {
        [LoggerMessage(EventName = "slow_query", Level = LogLevel.Warning, Message = "Slow SQL query detected")]
        public static partial void Slow(ILogger logger, double durationMs, long? rows, string sql);

        [LoggerMessage(EventName = "sql", Level = LogLevel.Debug, Message = "{What}")]
        public static partial void Executed(ILogger logger, string what, double durationMs, long? rows, string sql, string? values, string? failure);
    }
}
