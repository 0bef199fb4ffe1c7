using System.Text;
using Nexus.Web.Capture;

namespace Nexus.Web.Usage.Accounting;

/// <summary>What <see cref="Rollups"/> makes of rows in memory, as SQL over the ledger: ten million rows need not leave the database.</summary>
internal static class LedgerRollup
{
    /// <summary>Inserts the rollup of the rows from $1 up to, not with, $2; answers how many rows there were.</summary>
    public static string Insert(RollupTier tier) => $"""
        WITH made AS (
            INSERT INTO {tier.Table} ({RollupColumns.All}, duration_histogram, first_byte_histogram)
            SELECT date_bin('{tier.Width.TotalMinutes:0} minutes', started_at, '2000-01-01Z') AS bucket, domain, coalesce(account_id, ''), coalesce(key_id, ''), coalesce(owner, ''),
                coalesce(model_served, model_requested, ''), coalesce(request_type, ''), lane,
                count(*), count(*) FILTER (WHERE outcome IN ({Outcomes.FailedSql})),
                sum(input_tokens), sum(output_tokens), sum(cache_creation_5m_tokens), sum(cache_creation_1h_tokens), sum(cache_read_tokens), sum(tool_calls), sum(estimated_output_tokens),
                coalesce(sum(cost_micros), 0), coalesce(sum(cost_micros) FILTER (WHERE cost_estimate IS NOT NULL), 0), sum(cache_savings_micros),
                count(*) FILTER (WHERE cost_estimate LIKE 'unpriced%'), count(*) FILTER (WHERE rate_limit_status = 'allowed_warning'), sum(duration_ms), max(started_at),
                {Histogram("duration_ms")}, {Histogram("first_byte_ms")}
            FROM requests WHERE started_at >= $1 AND started_at < $2 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
            RETURNING requests)
        SELECT coalesce(sum(requests), 0)::bigint FROM made
        """;

    private static string Histogram(string column)
    {
        var (array, above) = (new StringBuilder("ARRAY["), "");
        foreach (var bound in LatencyBuckets.UpperBoundsMs)
        {
            array.Append(System.Globalization.CultureInfo.InvariantCulture, $"count(*) FILTER (WHERE {above}{column} <= {bound}), ");
            above = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{column} > {bound} AND ");
        }

        return array.Append(System.Globalization.CultureInfo.InvariantCulture, $"count(*) FILTER (WHERE {column} > {LatencyBuckets.UpperBoundsMs[^1]})]").ToString();
    }
}
