using Nexus.Web.Storage;
using Nexus.Web.Usage;
using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Operations.Alerts;

/// <summary>What the rollups say about the last minutes: it costs the same at any size of the ledger.</summary>
internal sealed class UsageReadings(Database database, TimeProvider time)
{
    /// <summary>Below these, a share or a quantile is chance.</summary>
    private const int LeastRequests = 10;

    private const int LeastTimed = 20;

    private static readonly TimeSpan Lately = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Past = TimeSpan.FromDays(7);
    private (DateTimeOffset Until, long[] Histogram)? _usual;

    public async Task<IReadOnlyList<Reading>> ErrorsAsync(CancellationToken cancellation)
    {
        await using var command = database.JobsDataSource.CreateCommand($"SELECT domain, sum(requests)::bigint, sum(errors)::bigint FROM usage_5m WHERE bucket >= $1 GROUP BY domain HAVING sum(requests) >= {LeastRequests} ORDER BY 1");
        Add(command, time.GetUtcNow() - Lately);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var readings = new List<Reading>();
        while (await reader.ReadAsync(cancellation))
        {
            var (domain, requests, errors) = (reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2));
            readings.Add(new("errors", domain, errors * 100.0 / requests, FormattableString.Invariant($"{errors} of {requests} requests of {domain} failed in the last 15 minutes."), "/dashboard/requests?outcome=errors&domain=" + Uri.EscapeDataString(domain)));
        }

        return readings;
    }

    public async Task<IReadOnlyList<Reading>> UnpricedAsync(CancellationToken cancellation)
    {
        await using var command = database.JobsDataSource.CreateCommand("SELECT model, sum(unpriced_requests)::bigint FROM usage_5m WHERE bucket >= $1 AND unpriced_requests > 0 GROUP BY model ORDER BY 2 DESC LIMIT 20");
        Add(command, time.GetUtcNow().AddDays(-1));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var readings = new List<Reading>();
        while (await reader.ReadAsync(cancellation))
            readings.Add(new("unpriced", reader.GetString(0), reader.GetInt64(1), $"{reader.GetInt64(1)} requests of {reader.GetString(0)} in 24 hours have an estimated price.", "/dashboard/prices"));
        return readings;
    }

    /// <summary>The time to first byte that 95 % stay below, of the last quarter of an hour against the days before.</summary>
    public async Task<IReadOnlyList<Reading>> LatencyAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var since = TimeBuckets.StartOf(now - Lately, Lately);
        var lately = await HistogramAsync(since, now.AddDays(1), cancellation);
        // A week of rows is read once for each quarter of an hour that it grows by.
        if (_usual is not { } known || known.Until != since)
            _usual = known = (since, await HistogramAsync(since - Past, since, cancellation));
        var usual = known.Histogram;
        if (lately.Sum() < LeastTimed || usual.Sum() < 10 * LeastTimed || LatencyBuckets.Quantile(usual, 0.95) is not > 0)
            return [];
        var (is95, was95) = (LatencyBuckets.Quantile(lately, 0.95)!.Value, LatencyBuckets.Quantile(usual, 0.95)!.Value);
        return [new("latency", "", is95 / was95, FormattableString.Invariant($"95 % of the answers begin within {is95 / 1000:0.0} s; in the last 7 days it was {was95 / 1000:0.0} s."), "/dashboard/usage?range=today")];
    }

    private async Task<long[]> HistogramAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        await using var command = database.JobsDataSource.CreateCommand($"SELECT {UsageSummary.Places("first_byte_histogram")} FROM usage_15m WHERE bucket >= $1 AND bucket < $2");
        Add(command, from);
        Add(command, to);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        return [.. Enumerable.Range(0, LatencyBuckets.Count).Select(reader.GetInt64)];
    }

    private static void Add(NpgsqlCommand command, DateTimeOffset at) => command.Parameters.Add(new() { Value = at.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
}
