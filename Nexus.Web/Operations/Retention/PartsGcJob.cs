using System.Globalization;
using Nexus.Web.Capture;
using Nexus.Web.Operations.Jobs;
using Npgsql;

namespace Nexus.Web.Operations.Retention;

/// <summary>
/// Deletes parts that no payload names any more. Ingest marks every part that it uses with the day; only parts unused for days
/// are looked at, and the mark is looked at again under the row's lock, so that one which is named meanwhile stays. A part that
/// ingest has locked is in use: it is left alone, and neither waits for the other.
/// </summary>
internal sealed class PartsGcJob(TimeProvider time) : IJob
{
    public const string Id = "parts-gc";

    /// <summary>Longer than a day, which is how often the mark is brought up to date, and than clocks of nodes are apart.</summary>
    private const int UnusedDays = 3;

    private const int RowsAtATime = 2_000;

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        var before = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(-UnusedDays);
        await ExecuteAsync(context.Connection, "DROP TABLE IF EXISTS pg_temp.gc_parts; CREATE TEMP TABLE gc_parts (hash bytea PRIMARY KEY)", null, cancellation);
        var candidates = await ExecuteAsync(context.Connection, "INSERT INTO pg_temp.gc_parts SELECT hash FROM content_parts WHERE last_seen < $1", before, cancellation);
        await ExecuteAsync(context.Connection, "ANALYZE pg_temp.gc_parts", null, cancellation);
        var named = candidates == 0 ? 0 : await ExecuteAsync(context.Connection, $"""
            DELETE FROM pg_temp.gc_parts g USING (SELECT DISTINCT named.hash FROM request_payloads p, LATERAL {PartLists.NamedSql} AS named) AS named
            WHERE g.hash = named.hash
            """, null, cancellation);
        var total = candidates - named;
        for (var deleted = 0; ;)
        {
            var some = await ExecuteAsync(context.Connection, $"""
                WITH batch AS (DELETE FROM pg_temp.gc_parts WHERE ctid = ANY(ARRAY(SELECT ctid FROM pg_temp.gc_parts LIMIT {RowsAtATime})) RETURNING hash),
                free AS (SELECT c.hash FROM content_parts c JOIN batch USING (hash) WHERE c.last_seen < $1 ORDER BY c.hash FOR UPDATE OF c SKIP LOCKED)
                DELETE FROM content_parts c USING free WHERE c.hash = free.hash
                """, before, cancellation);
            deleted += some;
            var left = await LeftAsync(context.Connection, cancellation);
            var result = new JobResult(string.Create(CultureInfo.InvariantCulture, $"{deleted} parts deleted that no payload names; {named} old ones are still named."), new { deleted, named }, total == 0 ? 1 : 1 - ((double)left / total));
            if (left == 0)
                return result;
            await context.ReportAsync(result);
        }
    }

    private static async Task<long> LeftAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var count = new NpgsqlCommand("SELECT count(*) FROM pg_temp.gc_parts", connection) { CommandTimeout = 0 };
        return (long)(await count.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, DateOnly? before, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        if (before is { } day)
            command.Parameters.Add(new() { Value = day });
        return await command.ExecuteNonQueryAsync(cancellation);
    }
}
