using System.Globalization;
using Nexus.Web.Usage;

namespace Nexus.Web.Tests.Operations.Alerts;

/// <summary>Rows that one rule each has something to say about, and their harmless neighbours.</summary>
internal static class SeededReadings
{
    public static async Task AddAsync(AlertNexus nexus, DateTimeOffset at)
    {
        var (five, quarter) = (TimeBuckets.StartOf(at, TimeSpan.FromMinutes(5)), TimeBuckets.StartOf(at, TimeSpan.FromMinutes(15)));
        await nexus.SqlAsync(Usage("usage_5m", five, "bad.example", "claude-haiku-4-5", 20, errors: 8) + Usage("usage_5m", five, "fine.example", "claude-haiku-4-5", 40, errors: 1)
            + Usage("usage_5m", five.AddHours(-2), "fine.example", "mystery-model", 12, unpriced: 12)
            + Usage("usage_15m", quarter, "fine.example", "claude-haiku-4-5", 40, bucket: 19) + Usage("usage_15m", quarter.AddDays(-2), "fine.example", "claude-haiku-4-5", 400, bucket: 15));
        var day = new DateTimeOffset(at.UtcDateTime.Date, TimeSpan.Zero);
        await nexus.SqlAsync($"""
            INSERT INTO account_windows (account_id, window_name, status, utilization, resets_at, observed_at) VALUES ('acc_busy', '5h', 'allowed_warning', 0.93, {Text(at.AddHours(2))}, {Text(at)}), ('acc_idle', '5h', 'allowed', 0.2, {Text(at.AddHours(2))}, {Text(at)});
            INSERT INTO job_runs (id, job, node, by_hand, started_at, finished_at, outcome, error) VALUES (gen_random_uuid(), 'restore-drill', 'x', false, {Text(at.AddHours(-1))}, {Text(at)}, 'failed', 'the dump is cut short');
            INSERT INTO limits (id, name, scope, subject, unit, amount, period, week_start, time_zone, hard, thresholds, enabled, starts_at, created_at, created_by, updated_at)
                VALUES ('lim_team', 'Team', 'domain', 'bad.example', 'usd', 10000000, 'day', 1, 'UTC', false, array[80, 95], true, {Text(day)}, {Text(day)}, 'x', {Text(day)});
            INSERT INTO limit_counters (limit_id, subject, period_start, period_end, micros, tokens, requests) VALUES ('lim_team', 'bad.example', {Text(day)}, {Text(day.AddDays(1))}, 8500000, 0, 20);
            INSERT INTO resource_samples (span_minutes, at, node, started_at, cpu, cpu_most, cpu_limit, memory_bytes, memory_most, memory_limit_bytes, heap_bytes, allocated_per_second, gc_pause, full_collections, threads, queued_work, sockets, open_files, disk_free_bytes, disk_bytes)
                SELECT 1, {Text(at.AddMinutes(-1))}, 'sampled', {Text(day)}, 1.98, 2, 2, 95, 95, 100, 1, 1, 0, 0, 1, 0, 1, 1, 8, 100
                UNION ALL SELECT 1, {Text(at)} - make_interval(hours => hour), 'filling', {Text(day)}, 1, 2, 2, 50, 95, 100, 1, 1, 0, 0, 1, 0, 1, 1, 1000 + 12 * hour, 100000 FROM generate_series(1, 48) AS hour;
            """);
    }

    /// <param name="bucket">Place of the latency histogram, from 1, that all of them lie in.</param>
    private static string Usage(string table, DateTimeOffset at, string domain, string model, int requests, int errors = 0, int unpriced = 0, int bucket = 0)
    {
        var histogram = string.Join(',', Enumerable.Range(1, LatencyBuckets.Count).Select(place => place == bucket ? requests : 0));
        return $"""
            INSERT INTO {table} (bucket, domain, account_id, key_id, owner, model, request_type, lane, requests, errors, input_tokens, output_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens, cache_read_tokens,
                tool_calls, cost_micros, duration_ms, duration_histogram, first_byte_histogram, last_request_at, unpriced_requests)
            VALUES ({Text(at)}, '{domain}', '', '', '', '{model}', 'inference', 'main', {requests}, {errors}, 0, 0, 0, 0, 0, 0, 0, 0, array[{histogram}]::bigint[], array[{histogram}]::bigint[], {Text(at)}, {unpriced});
            """;
    }

    private static string Text(DateTimeOffset at) => $"'{at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)}'::timestamptz";
}
