using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Access.Keys;

/// <summary>Writes down when keys were used last: once a minute, all of them in one statement, and once more at the end.</summary>
internal sealed partial class LastUsed(Database database, AccessState state, TimeProvider time, ILogger<LastUsed> logger) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (database.State.Condition == DatabaseCondition.Ready)
            await WriteAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await WriteAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was used in the last minute is written by StopAsync.
        }
    }

    private async Task WriteAsync(CancellationToken cancellation)
    {
        var used = (state.Known?.Keys.Values ?? []).Select(key => (key, At: key.Use.Unwritten)).Where(pair => pair.At is not null).ToList();
        if (used.Count == 0)
            return;
        try
        {
            await using var update = database.JobsDataSource.CreateCommand("""
                UPDATE client_keys SET last_used_at = greatest(last_used_at, used.at)
                FROM unnest($1::text[], $2::timestamptz[]) AS used(id, at) WHERE client_keys.id = used.id
                """);
            update.Parameters.Add(new() { Value = used.Select(pair => pair.key.Id).ToArray() });
            update.Parameters.Add(new() { Value = used.Select(pair => pair.At!.Value).ToArray() });
            await update.ExecuteNonQueryAsync(cancellation);
            used.ForEach(pair => pair.key.Use.Wrote(pair.At!.Value));
        }
        catch (Exception error) when (DatabaseAway.IsDatabase(error) || error is IOException)
        {
            Log.Later(logger, error.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "When keys were used last is written down later: {Reason}")]
        public static partial void Later(ILogger logger, string reason);
    }
}
