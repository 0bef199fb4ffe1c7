using Nexus.Web.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Usage.Reports;

/// <summary>Answers questions about usage from the rollups, in one round trip: the cost does not grow with the ledger.</summary>
internal sealed class UsageReports(Database database, TimeProvider time)
{
    /// <summary>More colours than this cannot be told apart.</summary>
    private const int MostSeries = 8;

    private const int MostLines = 200;

    /// <summary>Stand where an interval's place stands: for the whole stretch, and for the whole stretch by the other dimension.</summary>
    private const int Whole = -1;

    /// <inheritdoc cref="Whole"/>
    private const int Other = -2;

    /// <param name="before">The start of the stretch to compare with and its end.</param>
    public async Task<UsageReport> ReadAsync(UsageQuestion question, (DateTimeOffset From, DateTimeOffset To) before, CancellationToken cancellation)
    {
        await using var batch = database.DataSource.CreateBatch();
        var now = time.GetUtcNow();
        // For this batch alone: compiling these queries takes longer than they do.
        batch.BatchCommands.Add(new("SELECT set_config('jit', 'off', true)"));
        batch.BatchCommands.Add(Cells(question, now));
        batch.BatchCommands.Add(Command(Lines(question, UsageTables.Between(before.From, before.To, now)), question, null));
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.NextResultAsync(cancellation);
        var (series, lines, also) = await CellsAsync(reader, question.Starts.Count, cancellation);
        await reader.NextResultAsync(cancellation);
        var earlier = new Dictionary<string, UsageSums>();
        while (await reader.ReadAsync(cancellation))
            earlier[reader.GetString(0)] = UsageSums.Read(reader, 1);
        var allBefore = earlier.Values.Aggregate(default(UsageSums), (sum, next) => sum + next);
        var named = lines.Where(line => line.Value is not null).Aggregate(default(UsageSums), (sum, line) => sum + earlier.GetValueOrDefault(line.Value!));
        return new(
            series,
            [.. lines.Select(line => new UsageLine(line.Value, line.Sums, line.Value is null ? allBefore - named : earlier.GetValueOrDefault(line.Value)))],
            lines.Aggregate(default(UsageSums), (sum, line) => sum + line.Sums),
            allBefore,
            also);
    }

    private static async Task<(List<UsageSeries> Series, List<(string? Value, UsageSums Sums)> Lines, List<(string Value, UsageSums Sums)> Also)> CellsAsync(NpgsqlDataReader reader, int intervals, CancellationToken cancellation)
    {
        var lines = new List<(long Rank, string? Value, UsageSums Sums)>();
        var series = new Dictionary<string, (long Rank, UsageSums[] Cells)>();
        var also = new List<(string Value, UsageSums Sums)>();
        while (await reader.ReadAsync(cancellation))
        {
            var (interval, rank) = (reader.GetInt32(0), reader.GetInt64(2));
            var value = reader.IsDBNull(1) ? null : reader.GetString(1);
            var sums = UsageSums.Read(reader, 3);
            if (interval == Other)
                also.Add((value!, sums));
            if (interval == Whole)
                lines.Add((rank, value, sums));
            if (interval < 0)
                continue;

            // A value cannot be told from "all others" by its text, so the key of those is one that no value has.
            var key = value is null ? "others" : "=" + value;
            if (!series.TryGetValue(key, out var known))
                series[key] = known = (rank, new UsageSums[intervals]);
            known.Cells[Math.Min(interval, intervals - 1)] += sums;
        }

        return (
            [.. series.OrderBy(pair => pair.Value.Rank).Select(pair => new UsageSeries(pair.Key == "others" ? null : pair.Key[1..], pair.Value.Cells))],
            [.. lines.OrderBy(line => line.Rank).Select(line => (line.Value, line.Sums))],
            [.. also.OrderByDescending(line => line.Sums.CostMicros).ThenBy(line => line.Value, StringComparer.Ordinal)]);
    }

    /// <summary>Rows of interval, or what stands for one; value (null: all others); rank; sums. The rollups are looked at once for all of them.</summary>
    private static NpgsqlBatchCommand Cells(UsageQuestion question, DateTimeOffset now)
    {
        var days = UsageTables.WholeDays(question.From, question.To, now);
        var moved = question.Widest != RollupTier.Day && days.First < days.Past && MovedHours.AreDays(question.Starts) ? MovedHours.Between(question.Starts, days) : null;
        var rows = UsageTables.Between(question.From, question.To, now, moved is null ? question.Widest : RollupTier.Day);
        var measure = question.OrderedBy switch
        {
            UsageMeasure.Tokens => "sum(input_tokens + output_tokens + cache_creation_5m_tokens + cache_creation_1h_tokens + cache_read_tokens)",
            UsageMeasure.Requests => "sum(requests)",
            _ => "sum(cost_micros)",
        };
        var sums = UsageSums.SumList;
        var columns = string.Join(", ", UsageSums.Columns);
        return Command($"""
            WITH parts AS MATERIALIZED (
                SELECT greatest(width_bucket(middle, $1) - 1, 0) AS interval, {question.By.Column} AS value, {question.Also?.Column ?? "NULL::text"} AS also, {sums}
                FROM ({rows}) AS usage WHERE true{Where(question)} GROUP BY {(question.Also is null ? "1, 2" : "GROUPING SETS ((1, 2), (3))")}),
            cells AS MATERIALIZED (
                SELECT interval, value, {columns} FROM parts WHERE also IS NULL{(moved is null ? "" : Moved(question))}),
            ranks AS (
                SELECT value, row_number() OVER (ORDER BY {measure} DESC, sum(requests) DESC, value) AS rank, {sums} FROM cells GROUP BY value)
            SELECT {Whole} AS interval, value, rank, {columns} FROM ranks WHERE rank <= {MostLines}
            UNION ALL SELECT {Whole}, NULL, {MostLines + 1}, {sums} FROM ranks WHERE rank > {MostLines} HAVING count(*) > 0
            UNION ALL SELECT {Other}, also, 0, {columns} FROM parts WHERE also IS NOT NULL
            UNION ALL SELECT interval, CASE WHEN rank <= {MostSeries} THEN value END, min(rank), {string.Join(", ", UsageSums.Columns.Select(column => $"sum(cells.{column})::bigint"))}
                FROM cells JOIN ranks USING (value) GROUP BY 1, 2
            """, question, moved);
    }

    /// <summary>
    /// Added to the interval that it belongs to, and taken from the one that it was counted for. OFFSET 0 has each stretch looked up by
    /// index: taken into the join, every row of the rollup would be compared with each of them.
    /// </summary>
    private static string Moved(UsageQuestion question) => $"""

                UNION ALL SELECT CASE sign WHEN 1 THEN into_interval ELSE out_of_interval END, value, {string.Join(", ", UsageSums.Columns.Select(column => $"sign * {column}"))}
                FROM (SELECT into_interval, out_of_interval, {question.By.Column} AS value, {UsageSums.SumList}
                    FROM unnest($2, $3, $4, $5) AS moved (first, past, into_interval, out_of_interval)
                    CROSS JOIN LATERAL (SELECT * FROM {question.Widest.Table} WHERE bucket >= first AND bucket < past OFFSET 0) AS usage
                    WHERE true{Where(question)} GROUP BY 1, 2, 3) AS part CROSS JOIN (VALUES (1), (-1)) AS signs (sign)
        """;

    /// <summary>Rows of value, sums; the intervals' parameter is not looked at.</summary>
    private static string Lines(UsageQuestion question, string rows) =>
        $"SELECT {question.By.Column}, {UsageSums.SumList} FROM ({rows}) AS usage WHERE $1::timestamptz[] IS NOT NULL{Where(question)} GROUP BY 1";

    private static string Where(UsageQuestion question) =>
        string.Concat(question.Filters.Select((filter, i) => $" AND {filter.Dimension.Column} = ${6 + i}"));

    private static NpgsqlBatchCommand Command(string sql, UsageQuestion question, MovedHours? moved)
    {
        var command = new NpgsqlBatchCommand(sql);
        command.Parameters.Add(new() { Value = question.Starts.Select(start => start.ToUniversalTime()).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = moved?.From ?? [], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = moved?.Until ?? [], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = moved?.Into ?? [], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = moved?.OutOf ?? [], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        foreach (var (_, value) in question.Filters)
            command.Parameters.Add(new() { Value = value });
        return command;
    }
}
