using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Usage;

/// <summary>Sums over a stretch of time.</summary>
/// <param name="Duration">Requests per bucket of <see cref="LatencyBuckets"/> by their whole duration.</param>
/// <param name="FirstByte">The same by time to first byte.</param>
internal sealed record UsageTotals(long Requests, long Errors, TokenUsage Tokens, SpendTotals Spend, long[] Duration, long[] FirstByte);

/// <param name="Micros">Millionths of a US dollar, the estimated ones among them.</param>
/// <param name="Unpriced">Requests of models without a price.</param>
internal sealed record SpendTotals(long Micros, long EstimatedMicros, long Unpriced);

/// <param name="Prompt">Tokens of prompts, of whatever class.</param>
internal sealed record HourOfUsage(DateTimeOffset At, long Requests, long Errors, long CostMicros, long Prompt, long Output);

internal sealed record ModelUsage(string Domain, string Model, long Requests, long Errors, TokenUsage Tokens, SpendTotals Spend);

/// <param name="Before">The same length of time, a day earlier.</param>
internal sealed record UsageAtAGlance(UsageTotals Today, UsageTotals Day, UsageTotals Before, IReadOnlyList<HourOfUsage> Hours, IReadOnlyList<ModelUsage> Models);

/// <summary>Reads the rollups, added up by the database: it costs the same at any size of the ledger, in one round trip.</summary>
internal sealed class UsageSummary(Database database, TimeProvider time)
{
    private const string Tokens = "coalesce(sum(input_tokens), 0)::bigint, coalesce(sum(output_tokens), 0)::bigint, coalesce(sum(cache_creation_5m_tokens), 0)::bigint, coalesce(sum(cache_creation_1h_tokens), 0)::bigint, coalesce(sum(cache_read_tokens), 0)::bigint";
    private const string Counts = "coalesce(sum(requests), 0)::bigint, coalesce(sum(errors), 0)::bigint";
    private const string Spend = "coalesce(sum(cost_micros), 0)::bigint, coalesce(sum(estimated_cost_micros), 0)::bigint, coalesce(sum(unpriced_requests), 0)::bigint";
    private const int MostModels = 20;

    /// <summary>Position by position: taking the arrays apart would make thirty rows of each.</summary>
    private static readonly string Histograms = $"SELECT {Places("duration_histogram")}, {Places("first_byte_histogram")} FROM usage_15m WHERE bucket >= $1 AND bucket < $2";

    /// <summary>The stretches last until now; <paramref name="day"/> starts on a full hour, which the hours are counted from, <paramref name="today"/> on a quarter of one.</summary>
    public async Task<UsageAtAGlance> ReadAsync(DateTimeOffset today, DateTimeOffset day, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var batch = database.DataSource.CreateBatch();
        foreach (var (from, to) in new[] { (today, DateTimeOffset.MaxValue), (day, DateTimeOffset.MaxValue), (day.AddDays(-1), now.AddDays(-1)) })
        {
            batch.BatchCommands.Add(new($"SELECT {Counts}, {Tokens}, {Spend} FROM ({UsageTables.Between(from, to, now)}) AS usage"));
            Add(batch, Histograms, from, to);
        }

        Add(batch, Hours(day), day, DateTimeOffset.MaxValue);
        batch.BatchCommands.Add(new($"SELECT domain, model, {Counts}, {Tokens}, {Spend} FROM ({UsageTables.Between(day, DateTimeOffset.MaxValue, now)}) AS usage GROUP BY domain, model ORDER BY sum(requests) DESC, domain, model LIMIT {MostModels}"));

        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var (ofToday, ofDay, before) = (await TotalsAsync(reader, cancellation), await TotalsAsync(reader, cancellation), await TotalsAsync(reader, cancellation));
        var hours = new Dictionary<DateTimeOffset, HourOfUsage>();
        while (await reader.ReadAsync(cancellation))
        {
            var at = reader.GetFieldValue<DateTimeOffset>(0);
            hours[at] = new(at, reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5));
        }

        await reader.NextResultAsync(cancellation);
        var models = new List<ModelUsage>();
        while (await reader.ReadAsync(cancellation))
            models.Add(new(reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), TokensAt(reader, 4), SpendAt(reader, 9)));
        var all = Enumerable.Range(0, 24).Select(hour => day.AddHours(hour)).Select(at => hours.GetValueOrDefault(at, new(at, 0, 0, 0, 0, 0)));
        return new(ofToday, ofDay, before, [.. all], models);
    }

    /// <summary>Zones that are half an hour or a quarter off UTC's hours have theirs put together from quarters.</summary>
    private static string Hours(DateTimeOffset day)
    {
        var (table, bucket) = day.UtcTicks % TimeSpan.TicksPerHour == 0 ? ("usage_1h", "bucket") : ("usage_15m", "date_bin('1 hour', bucket, $1)");
        return $"SELECT {bucket}, {Counts}, coalesce(sum(cost_micros), 0)::bigint, coalesce(sum(input_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens + cache_read_tokens), 0)::bigint, coalesce(sum(output_tokens), 0)::bigint FROM {table} WHERE bucket >= $1 AND bucket < $2 GROUP BY 1";
    }

    private static async Task<UsageTotals> TotalsAsync(NpgsqlDataReader reader, CancellationToken cancellation)
    {
        await reader.ReadAsync(cancellation);
        var totals = new UsageTotals(reader.GetInt64(0), reader.GetInt64(1), TokensAt(reader, 2), SpendAt(reader, 7), new long[LatencyBuckets.Count], new long[LatencyBuckets.Count]);
        await reader.NextResultAsync(cancellation);
        await reader.ReadAsync(cancellation);
        for (var place = 0; place < LatencyBuckets.Count; place++)
        {
            totals.Duration[place] = reader.GetInt64(place);
            totals.FirstByte[place] = reader.GetInt64(LatencyBuckets.Count + place);
        }

        await reader.NextResultAsync(cancellation);
        return totals;
    }

    /// <summary>A position that a row lacks, written before there was one, counts as none.</summary>
    public static string Places(string column) => string.Join(", ", Enumerable.Range(1, LatencyBuckets.Count).Select(place => $"coalesce(sum({column}[{place}]), 0)::bigint"));

    private static TokenUsage TokensAt(NpgsqlDataReader reader, int column) =>
        new(reader.GetInt64(column), reader.GetInt64(column + 1), reader.GetInt64(column + 2), reader.GetInt64(column + 3), reader.GetInt64(column + 4));

    private static SpendTotals SpendAt(NpgsqlDataReader reader, int column) => new(reader.GetInt64(column), reader.GetInt64(column + 1), reader.GetInt64(column + 2));

    private static void Add(NpgsqlBatch batch, string statement, DateTimeOffset from, DateTimeOffset to) =>
        batch.BatchCommands.Add(new NpgsqlBatchCommand(statement) { Parameters = { new NpgsqlParameter<DateTimeOffset> { TypedValue = from }, new NpgsqlParameter<DateTimeOffset> { TypedValue = to } } });
}
