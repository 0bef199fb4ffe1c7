using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Operations.Resources;

/// <summary>
/// Each minute: what this node used, and, by whichever node is first, how large and how busy the database is. A minute in which
/// the database is away is missing.
/// </summary>
internal sealed partial class ResourceSampler(Database database, IOptions<DataOptions> data, IOptions<StorageOptions> storage, OomWatch kills, TimeProvider time, ILogger<ResourceSampler> logger) : BackgroundService
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>A minute that another node has told is not measured again.</summary>
    private const string DatabaseSql = """
        INSERT INTO database_samples (span_minutes, at, bytes, connections, active, max_connections, disk_free_bytes, disk_bytes)
        SELECT 1, $1, pg_database_size(current_database()), sessions.count, sessions.active, current_setting('max_connections')::integer, $2, $3
        FROM (SELECT 1 WHERE NOT EXISTS (SELECT FROM database_samples WHERE span_minutes = 1 AND at = $1)) AS due
        CROSS JOIN LATERAL (SELECT count(*)::integer AS count, (count(*) FILTER (WHERE state = 'active'))::integer AS active FROM pg_stat_activity WHERE backend_type = 'client backend') AS sessions
        ON CONFLICT DO NOTHING
        """;

    private NodeReading? _last;

    /// <summary>Measures the minute that has just ended.</summary>
    public async Task SampleAsync(CancellationToken cancellation)
    {
        kills.Look();
        var next = NodeReading.Take(time.GetUtcNow());
        var at = new DateTimeOffset(next.At.UtcTicks - (next.At.UtcTicks % Minute.Ticks), TimeSpan.Zero) - Minute;
        var row = (_last ?? next).To(next, at, data.Value.Directory);
        _last = next;
        if (database.State.Condition != DatabaseCondition.Ready)
            return;
        await using (var db = new NexusDbContext(NexusDbOptions.Of(database.JobsDataSource)))
        {
            db.Add(row);
            await db.SaveChangesAsync(cancellation);
        }

        var disk = storage.Value.DatabaseUrl.Length == 0 ? new DriveInfo(data.Value.PostgresDirectory) : null;
        await using var command = database.JobsDataSource.CreateCommand(DatabaseSql);
        command.Parameters.Add(new() { Value = at });
        command.Parameters.Add(new() { Value = (object?)disk?.AvailableFreeSpace ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = (object?)disk?.TotalSize ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        _last = NodeReading.Take(time.GetUtcNow());
        while (true)
        {
            var now = time.GetUtcNow();
            await Task.Delay(Minute - new TimeSpan(now.UtcTicks % Minute.Ticks), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stoppingToken.IsCancellationRequested)
                return;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            limit.CancelAfter(Patience);
            try
            {
                await SampleAsync(limit.Token);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // Nothing depends on a single minute.
                Log.Missed(logger, error.GetBaseException().Message);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "A minute's sample of resources is missing: {Reason}")]
        public static partial void Missed(ILogger logger, string reason);
    }
}
