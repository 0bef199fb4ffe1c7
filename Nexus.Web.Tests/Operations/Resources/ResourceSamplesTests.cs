using System.Net;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Configuration;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Operations.Resources;
using Nexus.Web.Operations.Retention;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Usage;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Operations.Resources;

/// <summary>From what the kernel tells to rows, hours, forecasts and the page.</summary>
public sealed class ResourceSamplesTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 30, 10, TimeSpan.Zero);
    private readonly FakeTimeProvider _time = new(Noon);
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private string _database = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database);
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task A_minute_is_told_by_each_node_and_of_the_database_once()
    {
        using var sampler = Sampler();
        await sampler.SampleAsync(CancellationToken.None);
        _time.Advance(TimeSpan.FromMinutes(1));
        await sampler.SampleAsync(CancellationToken.None);
        // Another node in the same minute.
        await ExecuteAsync("UPDATE resource_samples SET node = 'other'");
        using var other = Sampler();
        await other.SampleAsync(CancellationToken.None);
        const string Mine = "FROM resource_samples WHERE at < '2026-04-01'";
        Assert.Equal(3, await LedgerSums.NumberAsync(_database, $"SELECT count(*) {Mine}"));
        Assert.Equal(2, await LedgerSums.NumberAsync(_database, $"SELECT count(*) {Mine} AND at = '2026-03-04T12:30:00Z'"));
        Assert.Equal(3, await LedgerSums.NumberAsync(_database, $"SELECT count(*) {Mine} AND cpu >= 0 AND cpu_limit > 0 AND memory_bytes > 10000000 AND memory_limit_bytes > memory_bytes AND heap_bytes > 0 AND threads > 3 AND sockets > 0 AND open_files > sockets AND disk_bytes > disk_free_bytes AND started_at < now()"));
        Assert.Equal(2, await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM database_samples WHERE at < '2026-04-01' AND bytes > 1000000 AND connections > 0 AND active > 0 AND max_connections > 20 AND disk_bytes IS NULL"));
    }

    [Fact]
    public async Task Hours_add_minutes_up_once_with_peaks_and_tables_and_minutes_expire()
    {
        await ExecuteAsync("""
            INSERT INTO resource_samples SELECT 1, at, 'a', '2026-01-01Z', 0.5, CASE WHEN extract(minute FROM at) = 7 THEN 2 ELSE 0.5 END, NULL, 4, NULL, 100, extract(minute FROM at)::bigint * 10, NULL, 1000, 50, 1, 0.01, 1, 20, 0, 5, 9, 500, 900
            FROM generate_series('2026-03-04T10:00Z'::timestamptz, '2026-03-04T12:29Z', '1 minute') AS at;
            INSERT INTO resource_samples SELECT 1, '2026-02-01Z', node, started_at, cpu, cpu_most, group_cpu, cpu_limit, throttled, memory_bytes, memory_most, group_memory_bytes, memory_limit_bytes, heap_bytes, allocated_per_second, gc_pause, full_collections, threads, queued_work, sockets, open_files, disk_free_bytes, disk_bytes FROM resource_samples LIMIT 1;
            INSERT INTO database_samples (span_minutes, at, bytes, connections, active, max_connections) SELECT 1, at, extract(minute FROM at)::bigint, extract(minute FROM at)::int, 1, 100 FROM generate_series('2026-03-04T10:00Z'::timestamptz, '2026-03-04T12:29Z', '1 minute') AS at
            """);
        await RunAsync();
        await RunAsync();
        const string Hour = "FROM resource_samples WHERE span_minutes = 60 AND node = 'a'";
        Assert.Equal(3, await LedgerSums.NumberAsync(_database, $"SELECT count(*) {Hour}"));
        Assert.Equal(2, await LedgerSums.NumberAsync(_database, $"SELECT count(*) {Hour} AND cpu BETWEEN 0.49 AND 0.51 AND cpu_most = 2 AND memory_most = 590 AND full_collections = 60"));
        Assert.Equal(0, await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM resource_samples WHERE span_minutes = 1 AND at < '2026-02-10'"));
        Assert.Equal(2, await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM database_samples WHERE span_minutes = 60 AND at < '2026-04-01' AND bytes = 59 AND connections = 59"));
        Assert.True(await LedgerSums.NumberAsync(_database, "SELECT (tables->>'requests')::bigint FROM database_samples WHERE span_minutes = 60 ORDER BY at DESC LIMIT 1") > 0);
    }

    [Fact]
    public void A_straight_line_is_found_again_and_a_disk_that_does_not_shrink_is_never_full() =>
        (from start in Gen.Double[1e9, 1e12] from perDay in Gen.Double[-1e9, 1e9] from hours in Gen.Int[24, 400] select (start, perDay, hours)).Sample(line =>
        {
            var trend = Trend.Of([.. Enumerable.Range(0, line.hours + 1).Select(hour => (Noon.AddHours(hour), line.start + (line.perDay * hour / 24)))])!;
            Assert.Equal(line.perDay, trend.PerDay, 1e4);
            Assert.Equal(line.perDay < -1e4, trend.DaysUntilNothing is not null && trend.PerDay < -1e4);
            if (line.perDay < -1e6 && trend.Last > 0)
                Assert.Equal(trend.Last / -line.perDay, trend.DaysUntilNothing!.Value, Math.Max(0.1, trend.DaysUntilNothing.Value / 50));
        });

    [Fact]
    public void Less_than_a_day_says_nothing_of_days_to_come()
    {
        Assert.Null(Trend.Of([.. Enumerable.Range(0, 23).Select(hour => (Noon.AddHours(hour), 1e9 - hour))]));
        var soon = DiskForecast.Outlook("DATA_DIR", [.. Enumerable.Range(0, 49).Select(hour => (Noon.AddHours(hour), 10_000_000_000L - (hour * 100_000_000L), 20_000_000_000L))]);
        Assert.True(soon.IsSoon);
        Assert.Contains("full in 2.2 days at 2.2 GB a day", DiskForecastJob.Words(soon), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("150000 100000", 1.5)]
    [InlineData("max 100000", null)]
    public void The_processor_is_read_from_a_cgroup_of_version_2(string quota, double? cores)
    {
        var root = Directory.CreateTempSubdirectory("nexus-cgroup-").FullName;
        var group = Directory.CreateDirectory(Path.Combine(root, "sys/fs/cgroup")).FullName;
        File.WriteAllText(Path.Combine(group, "cpu.stat"), "usage_usec 2500000\nuser_usec 1\nthrottled_usec 500000\n");
        File.WriteAllText(Path.Combine(group, "cpu.max"), quota + "\n");
        Assert.Equal(new CpuUse(TimeSpan.FromSeconds(2.5), TimeSpan.FromSeconds(0.5), cores ?? Environment.ProcessorCount), CpuUse.Read(root));
        // A service of the machine has a group of its own below that.
        Directory.CreateDirectory(Path.Combine(root, "proc/self"));
        File.WriteAllText(Path.Combine(root, "proc/self/cgroup"), "0::/system.slice/nexus.service\n");
        Assert.Equal(TimeSpan.FromSeconds(2.5), CpuUse.Read(root).Used);
        var own = Directory.CreateDirectory(Path.Combine(group, "system.slice/nexus.service")).FullName;
        File.WriteAllText(Path.Combine(own, "cpu.stat"), "usage_usec 1000000\nthrottled_usec 0\n");
        Assert.Equal(new CpuUse(TimeSpan.FromSeconds(1), TimeSpan.Zero, Environment.ProcessorCount), CpuUse.Read(root));
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public void And_from_version_1_where_it_has_a_quota()
    {
        var root = Directory.CreateTempSubdirectory("nexus-cgroup-").FullName;
        Assert.Equal(new CpuUse(null, null, Environment.ProcessorCount), CpuUse.Read(root));
        foreach (var (path, text) in new[] { ("cpuacct/cpuacct.usage", "2500000000\n"), ("cpu/cpu.cfs_quota_us", "50000\n"), ("cpu/cpu.cfs_period_us", "100000\n"), ("cpu/cpu.stat", "nr_periods 3\nthrottled_time 500000000\n") })
        {
            var file = Path.Combine(root, "sys/fs/cgroup", path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }

        Assert.Equal(new CpuUse(TimeSpan.FromSeconds(2.5), TimeSpan.FromSeconds(0.5), 0.5), CpuUse.Read(root));
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task The_page_shows_charts_of_any_stretch_the_weekly_trend_and_when_the_disk_is_full()
    {
        var session = await DashboardSession.StartAsync(_nexus);
        Assert.Contains("No samples in this range", await session.PageAsync("/dashboard/resources?node=nobody"), StringComparison.Ordinal);
        await ExecuteAsync(Seed);
        var page = WebUtility.HtmlDecode(await session.PageAsync("/dashboard/resources?node=seeded"));
        Assert.Contains("<h1>Resources</h1>", page, StringComparison.Ordinal);
        Assert.Contains("A disk fills up", page, StringComparison.Ordinal);
        var month = WebUtility.HtmlDecode(await session.PageAsync("/dashboard/resources?node=seeded&range=30d", htmx: true));
        Assert.DoesNotContain("<h1>", month, StringComparison.Ordinal);
        foreach (var title in new[] { "CPU, share of what may be used", "Memory", "Database size", "Connections of the database server", "Weekly trend", "CPU, busiest minute", "DATA_DIR of seeded" })
            Assert.Contains(title, month, StringComparison.Ordinal);
        // Of the node that answers, what the kernel killed.
        Assert.DoesNotContain("Killed for memory", month, StringComparison.Ordinal);
        await ExecuteAsync(Seed.Replace("'seeded'", $"'{Environment.MachineName}'", StringComparison.Ordinal));
        Assert.Contains("Killed for memory", await session.PageAsync("/dashboard/resources", htmx: true), StringComparison.Ordinal);
        Assert.Contains("does not exist", WebUtility.HtmlDecode(await session.PageAsync("/dashboard/resources?range=ages", htmx: true)), StringComparison.Ordinal);
    }

    /// <summary>Twenty days of hours and two of minutes; the disk is full in a week.</summary>
    internal const string Seed = """
        INSERT INTO resource_samples SELECT span, at, 'seeded', date_trunc('day', at), 0.4 + 0.3 * sin(extract(epoch FROM at) / 14000), 0.9, 0.6 + 0.3 * sin(extract(epoch FROM at) / 14000), 2, 0.02, 220000000 + 20000000 * sin(extract(epoch FROM at) / 30000), 260000000, 380000000, 1073741824, 90000000, 3000000, 0.004, 3, 42, 0, 31, 120,
            20000000000 - ((extract(epoch FROM (at - now())) + 86400 * 3) * 25000)::bigint, 40000000000
        FROM (SELECT 60 AS span, at FROM generate_series(date_trunc('hour', now()) - interval '20 days', now() - interval '1 hour', '1 hour') AS at
            UNION ALL SELECT 1, at FROM generate_series(date_trunc('minute', now()) - interval '3 days', now() - interval '1 minute', '1 minute') AS at) AS s
        ON CONFLICT DO NOTHING;
        INSERT INTO database_samples (span_minutes, at, bytes, connections, active, max_connections, tables) SELECT span, at, 900000000 + ((extract(epoch FROM (at - now())) + 86400 * 30) * 300)::bigint, 14 + (extract(minute FROM at)::int % 5), 2, 60, CASE WHEN span = 60 THEN jsonb_build_object('requests', 300000000 + ((extract(epoch FROM (at - now())) + 86400 * 30) * 100)::bigint) END
        FROM (SELECT 60 AS span, at FROM generate_series(date_trunc('hour', now()) - interval '20 days', now() - interval '1 hour', '1 hour') AS at
            UNION ALL SELECT 1, at FROM generate_series(date_trunc('minute', now()) - interval '3 days', now() - interval '1 minute', '1 minute') AS at) AS s
        ON CONFLICT DO NOTHING
        """;

    private ResourceSampler Sampler() => new(_nexus.Services.GetRequiredService<Database>(), _nexus.Services.GetRequiredService<IOptions<DataOptions>>(), Options.Create(new StorageOptions { DatabaseUrl = _database }), _nexus.Services.GetRequiredService<OomWatch>(), _time, NullLogger<ResourceSampler>.Instance);

    private async Task RunAsync()
    {
        await using var connection = await _nexus.Services.GetRequiredService<Database>().JobsDataSource.OpenConnectionAsync();
        await new ResourceSampleJob(Options.Create(new RetentionOptions { Rollups = "0" }), Options.Create(new StorageOptions { DatabaseUrl = _database }), _time).RunAsync(new JobContext(connection, _ => Task.CompletedTask), CancellationToken.None);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _nexus.Services.GetRequiredService<Database>().JobsDataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
