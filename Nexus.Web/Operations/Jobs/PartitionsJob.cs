using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Retention;
using Npgsql;

namespace Nexus.Web.Operations.Jobs;

/// <summary>
/// Makes the coming months' partitions ahead, so that none is made while requests wait to be stored. A month whose rows are
/// already in the default partition keeps them there. Drops the months that are not kept any longer.
/// </summary>
internal sealed partial class PartitionsJob(IOptions<RetentionOptions> retention, TimeProvider time, ILogger<PartitionsJob> logger) : IJob
{
    /// <summary>Months after this one.</summary>
    private const int Ahead = 3;

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        // A new partition locks its parent for a moment. Waiting for that lock would hold up ingest; failing and trying later does not.
        await using (var patience = new NpgsqlCommand("SET lock_timeout = '5s'", context.Connection))
            await patience.ExecuteNonQueryAsync(cancellation);
        var before = await PartitionsAsync(context.Connection, cancellation);
        var now = time.GetUtcNow();
        for (var month = 0; month <= Ahead; month++)
        {
            await using var ensure = new NpgsqlCommand("SELECT nexus_ensure_month($1)", context.Connection) { Parameters = { new() { Value = now.AddMonths(month) } } };
            await ensure.ExecuteNonQueryAsync(cancellation);
        }

        var after = await PartitionsAsync(context.Connection, cancellation);
        var gone = await ExpiredMonths.DropAsync(context.Connection, retention.Value.LedgerBound(now), retention.Value.PayloadBound(now), cancellation);
        string[] made = [.. after.Except(before)];
        var strays = await StraysAsync(context.Connection, cancellation);
        if (strays.Length > 0)
            Log.Strays(logger, string.Join(", ", strays));
        return new(
            (made.Length == 0 ? $"Nothing to make: {after.Count} partitions, up to {now.AddMonths(Ahead):yyyy-MM}." : $"Made {string.Join(", ", made)}.") + (gone.Count == 0 ? "" : $" Expired: {string.Join(", ", gone)}."),
            new { made, expired = gone, partitions = after, defaultPartitionsWithRows = strays });
    }

    private static async Task<List<string>> PartitionsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        const string Sql = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent IN ('requests'::regclass, 'request_payloads'::regclass) ORDER BY 1";
        await using var command = new NpgsqlCommand(Sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var names = new List<string>();
        while (await reader.ReadAsync(cancellation))
            names.Add(reader.GetString(0));
        return names;
    }

    private static async Task<string[]> StraysAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        const string Sql = "SELECT array_remove(ARRAY[CASE WHEN EXISTS (SELECT 1 FROM requests_default) THEN 'requests_default' END, CASE WHEN EXISTS (SELECT 1 FROM request_payloads_default) THEN 'request_payloads_default' END], NULL)";
        await using var command = new NpgsqlCommand(Sql, connection);
        return (string[])(await command.ExecuteScalarAsync(cancellation))!;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Rows of months without a partition are in {Tables}: they were stored before their month's partition was made.")]
        public static partial void Strays(ILogger logger, string tables);
    }
}
