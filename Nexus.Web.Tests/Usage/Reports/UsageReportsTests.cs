using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Pages;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Reports;
using Xunit;

namespace Nexus.Web.Tests.Usage.Reports;

public sealed class UsageReportsTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private SeededUsage _usage = null!;
    private UsageReports _reports = null!;
    private DateTimeOffset _now;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
        _usage = new(_nexus.Services.GetRequiredService<Database>().DataSource);
        _reports = _nexus.Services.GetRequiredService<UsageReports>();
        _now = DateTimeOffset.UtcNow;
        _now = _now.AddTicks(-(_now.Ticks % TimeSpan.FromHours(1).Ticks));
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Series_lines_and_total_add_up_with_the_many_gathered_as_all_others()
    {
        for (var key = 0; key < 230; key++)
            await _usage.AddAsync(_now.AddMinutes(-5 * (key % 12)), "one.example", "acc_a", key, key: $"key_{key:D3}", costMicros: 10 * key);
        var report = await ReadAsync(UsageDimension.Find("key")!, _now.AddHours(-2), _now.AddHours(1), TimeSpan.FromMinutes(5));
        Assert.Equal(9, report.Series.Count);
        Assert.Equal(201, report.Lines.Count);
        Assert.Equal(("key_229", null, null), (report.Series[0].Value, report.Series[^1].Value, report.Lines[^1].Value));
        var output = Enumerable.Range(0, 230).Sum();
        Assert.Equal((output, 10L * output, 230), (report.Total.Tokens.Output, report.Total.CostMicros, report.Total.Requests));
        Assert.Equal(report.Total, report.Lines.Aggregate(default(UsageSums), (sum, line) => sum + line.Sums));
        Assert.Equal(report.Total, report.Series.SelectMany(series => series.Cells).Aggregate(default(UsageSums), (sum, cell) => sum + cell));
    }

    [Fact]
    public async Task Days_are_the_viewers_with_25_hours_where_the_clock_goes_back()
    {
        var midnight = new DateTimeOffset(2026, 10, 24, 22, 0, 0, TimeSpan.Zero); // 25 October in Berlin
        DateTimeOffset[] starts = [midnight, midnight.AddHours(25), midnight.AddHours(49)];
        await _usage.AddAsync(midnight.AddMinutes(-5), "one.example", "acc_a", 1);
        await _usage.AddAsync(midnight, "one.example", "acc_a", 10);
        await _usage.AddAsync(midnight.AddHours(25).AddMinutes(-5), "one.example", "acc_a", 100);
        await _usage.AddAsync(midnight.AddHours(25), "one.example", "acc_a", 1000);
        var report = await _reports.ReadAsync(new(midnight, midnight.AddHours(73), starts, UsageDimension.Model, []), (midnight.AddDays(-3), midnight), default);
        Assert.Equal([110L, 1000, 0], report.Series.Single().Cells.Select(cell => cell.Tokens.Output));
        Assert.Equal(1, report.Before.Tokens.Output);
    }

    [Theory]
    [InlineData("Europe/Berlin")]
    [InlineData("America/Los_Angeles")]
    [InlineData("Asia/Kathmandu")]
    [InlineData("Pacific/Kiritimati")]
    [InlineData("Australia/Lord_Howe")]
    [InlineData("UTC")]
    public async Task Each_row_is_in_the_day_it_has_on_the_viewers_clock_whichever_tables_are_read(string name)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(name);
        // Over a change of the clock in each of them, and up to today.
        var from = new DateTimeOffset(2026, 9, 20, 3, 35, 0, TimeSpan.Zero);
        var random = new Random(7);
        var rows = Enumerable.Range(0, 150).Select(i => (At: from.AddMinutes(15 * random.Next((int)((_now - from).TotalMinutes / 15))), Output: (long)random.Next(1, 1000), Domain: i % 3 == 0 ? "one.example" : "two.example")).ToList();
        foreach (var row in rows)
            await _usage.AddAsync(TimeBuckets.StartOf(row.At, TimeSpan.FromMinutes(15)), row.Domain, "acc_a", row.Output);
        foreach (var to in new[] { _now.AddMinutes(5), new DateTimeOffset(2026, 11, 12, 9, 50, 0, TimeSpan.Zero) })
        {
            var starts = new List<DateTimeOffset>();
            for (var day = TimeZoneInfo.ConvertTime(from, zone).Date; zone.StartOfDay(day) < to; day = day.AddDays(1))
                starts.Add(zone.StartOfDay(day));
            var report = await _reports.ReadAsync(new(from, to, starts, UsageDimension.Find("domain")!, []) { Also = UsageDimension.Find("account") }, (from, from), default);
            foreach (var series in report.Series)
            {
                var expected = new long[starts.Count];
                foreach (var row in rows.Where(row => row.Domain == series.Value && TimeBuckets.StartOf(row.At, TimeSpan.FromMinutes(15)) is var at && at >= from && at < to))
                    expected[starts.FindLastIndex(start => start <= TimeBuckets.StartOf(row.At, TimeSpan.FromMinutes(15)))] += row.Output;
                Assert.Equal(expected, series.Cells.Select(cell => cell.Tokens.Output));
            }

            Assert.Equal(2, report.Series.Count);
            Assert.Equal(("acc_a", report.Total), Assert.Single(report.Also));
            Assert.Equal(report.Total, report.Series.SelectMany(series => series.Cells).Aggregate(default(UsageSums), (sum, cell) => sum + cell));
        }
    }

    [Fact]
    public async Task Filters_and_the_stretch_before_apply_to_lines_alike()
    {
        await _usage.AddAsync(_now.AddHours(-1), "one.example", "acc_a", 5, model: "claude-opus-5");
        await _usage.AddAsync(_now.AddHours(-1), "two.example", "acc_a", 7, model: "claude-opus-5");
        await _usage.AddAsync(_now.AddHours(-25), "one.example", "acc_a", 3, model: "claude-opus-5");
        await _usage.AddAsync(_now.AddHours(-25), "one.example", "acc_a", 2, model: "claude-haiku-4-5");
        var report = await ReadAsync(UsageDimension.Model, _now.AddHours(-24), _now.AddHours(1), TimeSpan.FromHours(1), (UsageDimension.Find("domain")!, "one.example"));
        var line = Assert.Single(report.Lines);
        Assert.Equal(("claude-opus-5", 5L, 3L), (line.Value, line.Sums.Tokens.Output, line.Before.Tokens.Output));
        Assert.Equal((5L, 5L), (report.Total.Tokens.Output, report.Before.Tokens.Output));
    }

    private Task<UsageReport> ReadAsync(UsageDimension by, DateTimeOffset from, DateTimeOffset to, TimeSpan step, params (UsageDimension, string)[] filters)
    {
        var starts = Enumerable.Range(0, (int)((to - from) / step)).Select(i => from + (step * i)).ToList();
        return _reports.ReadAsync(new(from, to, starts, by, filters), (from - (to - from), from), default);
    }
}
