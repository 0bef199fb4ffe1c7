using System.Globalization;
using Nexus.Web.Storage;
using Nexus.Web.Usage;
using NpgsqlTypes;

namespace Nexus.Web.Operations.Reports;

/// <summary>How resources and latencies moved in a week, day by day, against the week before.</summary>
internal sealed class WeeklyTrends(Database database)
{
    public async Task<(string Summary, ReportContent Content)> MakeAsync(ReportPeriod period, CancellationToken cancellation)
    {
        var (now, before) = (await TimesAsync(period.From, period.To, cancellation), await TimesAsync(period.BeforeFrom, period.From, cancellation));
        var (used, usedBefore) = (await ResourcesAsync(period.From, period.To, cancellation), await ResourcesAsync(period.BeforeFrom, period.From, cancellation));
        var (all, allBefore) = (Times.All(now.Values), Times.All(before.Values));
        var (sum, sumBefore) = (Resources.All(used.Values), Resources.All(usedBefore.Values));
        var latency = "/dashboard/usage?" + period.Query;
        ReportFigure[] figures =
        [
            new("Requests", "count", all.Requests, allBefore.Requests, null, latency),
            new("First byte, half", "ms", all.FirstByte(0.5), allBefore.FirstByte(0.5), "bad", latency), new("First byte, 95 %", "ms", all.FirstByte(0.95), allBefore.FirstByte(0.95), "bad", latency),
            new("Whole answer, 95 %", "ms", all.Duration(0.95), allBefore.Duration(0.95), "bad", latency),
            new("CPU, mean", "cores", sum.Cpu, sumBefore.Cpu, "bad", "/dashboard/resources"), new("Memory, most", "bytes", sum.Memory, sumBefore.Memory, "bad", "/dashboard/resources"),
            new("Disk free, least", "bytes", sum.DiskFree, sumBefore.DiskFree, "good", "/dashboard/resources"), new("Database", "bytes", await SizeAsync(period.To, cancellation), await SizeAsync(period.From, cancellation), "bad", "/dashboard/database"),
        ];
        var days = Enumerable.Range(0, 7).Select(day => period.From.AddDays(day)).Select(day =>
        {
            var (times, timesBefore) = (now.GetValueOrDefault(day, Times.None), before.GetValueOrDefault(day.AddDays(-7), Times.None));
            var (resources, resourcesBefore) = (used.GetValueOrDefault(day, default), usedBefore.GetValueOrDefault(day.AddDays(-7), default));
            return new ReportEntry(day.UtcDateTime.ToString("ddd yyyy-MM-dd", CultureInfo.InvariantCulture),
                [new(times.Requests, timesBefore.Requests), new(times.FirstByte(0.95), timesBefore.FirstByte(0.95)), new(times.Duration(0.95), timesBefore.Duration(0.95)), new(resources.Cpu, resourcesBefore.Cpu), new(resources.Memory, resourcesBefore.Memory), new(resources.DiskFree, resourcesBefore.DiskFree)]);
        });
        ReportTable table = new("Day by day", "Day", [new("Requests", "count"), new("First byte, 95 %", "ms", "bad"), new("Whole answer, 95 %", "ms", "bad"), new("CPU, mean", "cores", "bad"), new("Memory, most", "bytes", "bad"), new("Disk free, least", "bytes", "good")], [.. days], latency);
        return (Summary(figures), new(figures, [table]));
    }

    /// <summary>What moved most, in words.</summary>
    private static string Summary(ReportFigure[] figures)
    {
        var moved = figures.Where(figure => figure is { Growth: not null, Now: not null, Before: > 0 }).Select(figure => (figure, change: Math.Abs((figure.Now!.Value - figure.Before!.Value) / figure.Before.Value)))
            .Where(pair => pair.change >= 0.05).OrderByDescending(pair => pair.change).Take(3).Select(pair => $"{pair.figure.Name}: {ReportWords.Value(pair.figure.Unit, pair.figure.Now)} ({ReportWords.Change(pair.figure.Now, pair.figure.Before)})").ToList();
        return moved.Count == 0 ? "Nothing moved by 5 % or more against the week before, or there is nothing to compare with." : $"What moved most against the week before: {string.Join("; ", moved)}.";
    }

    private async Task<Dictionary<DateTimeOffset, Times>> TimesAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        await using var command = database.JobsDataSource.CreateCommand($"SELECT date_trunc('day', bucket, 'UTC'), sum(requests)::bigint, {UsageSummary.Places("first_byte_histogram")}, {UsageSummary.Places("duration_histogram")} FROM usage_15m WHERE bucket >= $1 AND bucket < $2 GROUP BY 1");
        command.Parameters.Add(new() { Value = from, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = to, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var days = new Dictionary<DateTimeOffset, Times>();
        while (await reader.ReadAsync(cancellation))
            days[reader.GetFieldValue<DateTimeOffset>(0)] = new(reader.GetInt64(1), [.. Enumerable.Range(2, LatencyBuckets.Count).Select(reader.GetInt64)], [.. Enumerable.Range(2 + LatencyBuckets.Count, LatencyBuckets.Count).Select(reader.GetInt64)]);
        return days;
    }

    private async Task<Dictionary<DateTimeOffset, Resources>> ResourcesAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        await using var command = database.JobsDataSource.CreateCommand("""
            SELECT date_trunc('day', at, 'UTC'), avg(coalesce(group_cpu, cpu)), max(memory_most)::float8, min(disk_free_bytes)::float8 FROM resource_samples WHERE span_minutes = 60 AND at >= $1 AND at < $2 GROUP BY 1
            """);
        command.Parameters.Add(new() { Value = from, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = to, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var days = new Dictionary<DateTimeOffset, Resources>();
        while (await reader.ReadAsync(cancellation))
            days[reader.GetFieldValue<DateTimeOffset>(0)] = new(reader.GetDouble(1), reader.GetDouble(2), reader.GetDouble(3));
        return days;
    }

    /// <summary>Of the database as it was last measured before a time.</summary>
    private async Task<double?> SizeAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        await using var command = database.JobsDataSource.CreateCommand("SELECT bytes::float8 FROM database_samples WHERE span_minutes = 60 AND at < $1 AND at >= $1 - interval '2 days' ORDER BY at DESC LIMIT 1");
        command.Parameters.Add(new() { Value = before, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        return await command.ExecuteScalarAsync(cancellation) as double?;
    }

    private sealed record Times(long Requests, long[] FirstBytes, long[] Durations)
    {
        public static Times None { get; } = new(0, new long[LatencyBuckets.Count], new long[LatencyBuckets.Count]);

        public static Times All(IEnumerable<Times> days) => days.Aggregate(None, (sum, day) => new(sum.Requests + day.Requests, [.. sum.FirstBytes.Zip(day.FirstBytes, (a, b) => a + b)], [.. sum.Durations.Zip(day.Durations, (a, b) => a + b)]));

        public double? FirstByte(double quantile) => LatencyBuckets.Quantile(FirstBytes, quantile);

        public double? Duration(double quantile) => LatencyBuckets.Quantile(Durations, quantile);
    }

    /// <param name="Cpu">Cores, the mean.</param>
    /// <param name="Memory">Bytes, the most.</param>
    /// <param name="DiskFree">Bytes, the least.</param>
    private readonly record struct Resources(double? Cpu, double? Memory, double? DiskFree)
    {
        public static Resources All(IReadOnlyCollection<Resources> days) => new(days.Average(day => day.Cpu), days.Max(day => day.Memory), days.Min(day => day.DiskFree));
    }
}
