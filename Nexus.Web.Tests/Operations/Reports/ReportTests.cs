using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Operations.Channels;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Operations.Reports;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Alerts;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Operations.Reports;

public sealed class ReportTests : IAsyncLifetime
{
    /// <summary>A Wednesday.</summary>
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 1, 20, 0, TimeSpan.Zero);

    private AlertNexus _nexus = null!;

    public async Task InitializeAsync()
    {
        _nexus = await AlertNexus.StartAsync(null, ("REPORT_CHANNELS", "slack"), ("DASHBOARD_URL", "http://nexus.example:3001/"));
        await _nexus.App.ReadyAsync();
        await using var source = NpgsqlDataSource.Create(_nexus.Database + ";Pooling=false");
        var seeded = new SeededUsage(source);
        await seeded.AddAsync(new(2026, 10, 12, 9, 0, 0, TimeSpan.Zero), "one.example", "acc", 2_000, requests: 7, costMicros: 3_000_000);
        await seeded.AddAsync(new(2026, 10, 13, 9, 0, 0, TimeSpan.Zero), "<two>.example", "acc", 1_000, requests: 3, costMicros: 1_000_000);
        await seeded.AddAsync(new(2026, 9, 30, 23, 55, 0, TimeSpan.Zero), "one.example", "acc", 500, requests: 2, costMicros: 2_000_000);
        await seeded.AddAsync(new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero), "one.example", "acc", 500, requests: 40);
        await seeded.AddAsync(new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero), "one.example", "acc", 500, requests: 20);
        await _nexus.SqlAsync("""
            UPDATE usage_5m SET errors = requests / 10; UPDATE usage_15m SET errors = requests / 10; UPDATE usage_1h SET errors = requests / 10; UPDATE usage_1d SET errors = requests / 10;
            INSERT INTO job_runs (id, job, node, by_hand, started_at, outcome) VALUES (gen_random_uuid(), 'vacuum', 'x', false, '2026-11-24T02:15:00Z', 'failed');
            """);
    }

    public async Task DisposeAsync() => await _nexus.DisposeAsync();

    [Fact]
    public async Task Each_report_names_what_changed_once_per_period_and_is_sent_where_wished()
    {
        Assert.Equal("Made: Errors of the day, 2026-11-24; Resources and latency of the week, 2026-11-16 to 2026-11-22; Tokens and cost of the month, October 2026.", await RunAsync(Now));
        Assert.Equal("All reports are there already.", await RunAsync(Now.AddHours(3)));
        Assert.Equal("Made: Errors of the day, 2026-11-25.", await RunAsync(Now.AddDays(1)));
        var reports = await ReportsAsync();
        Assert.Equal("4 of 40 requests failed (10 %), 2 more than the day before. 1 runs of jobs failed.", reports["Errors of the day, 2026-11-24"].Summary);
        Assert.Equal("$4.00 for 3.2K tokens in 10 requests, $2.00 more than the month before. Most of it at one.example ($3.00).", reports["Tokens and cost of the month, October 2026"].Summary);
        var told = await _nexus.ToldAsync(4);
        Assert.Contains(told, text => text.Contains("Cost: $4.00 (\\u25B2 100 %, was $2.00)", StringComparison.Ordinal) && text.Contains("http://nexus.example:3001/dashboard/report/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_page_shows_it_and_its_files_hold_the_same_numbers()
    {
        await RunAsync(Now);
        var report = (await ReportsAsync())["Tokens and cost of the month, October 2026"];
        var session = await DashboardSession.StartAsync(_nexus.App);
        Assert.Contains("Tokens and cost of the month, October 2026", await session.PageAsync("/dashboard/reports"), StringComparison.Ordinal);
        Assert.DoesNotContain("<h1>", await session.PageAsync("/dashboard/reports", htmx: true), StringComparison.Ordinal);
        var page = await session.PageAsync("/dashboard/report/" + report.Id);
        Assert.Contains("&lt;two&gt;.example", page, StringComparison.Ordinal);
        Assert.Contains("/dashboard/usage?domain=one.example&amp;range=custom&amp;from=2026-10-01T00:00&amp;to=2026-11-01T00:00", page, StringComparison.Ordinal);
        Assert.Contains("▲ 100 %", WebUtility.HtmlDecode(page), StringComparison.Ordinal);
        var html = await session.PageAsync($"/dashboard/report/{report.Id}?handler=Html");
        Assert.StartsWith("<!doctype html>", html, StringComparison.Ordinal);
        Assert.Contains("http://nexus.example:3001/dashboard/usage?domain=one.example", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<two>", html, StringComparison.Ordinal);
        var csv = (await session.PageAsync($"/dashboard/report/{report.Id}?handler=Csv")).Split("\r\n");
        Assert.Equal("table,row,measure,unit,value,before,estimated,before_estimated", csv[0]);
        Assert.Contains("Figures,Cost,Cost,money,4000000,2000000,false,false", csv);
        Assert.Contains("By domain,one.example,Cost,money,3000000,2000000,false,false", csv);
        Assert.Contains("By domain,<two>.example,Requests,count,3,0,false,false", csv);
        using var unknown = await session.SendAsync("/dashboard/report/" + Guid.NewGuid());
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task Trends_tell_resources_and_latencies_of_the_days()
    {
        await _nexus.SqlAsync("""
            INSERT INTO resource_samples (span_minutes, at, node, started_at, cpu, cpu_most, cpu_limit, memory_bytes, memory_most, memory_limit_bytes, heap_bytes, allocated_per_second, gc_pause, full_collections, threads, queued_work, sockets, open_files, disk_free_bytes, disk_bytes)
            SELECT 60, at, 'x', now(), CASE WHEN at < '2026-11-16' THEN 1 ELSE 2 END, 2, 2, 50, 1048576, 100, 1, 1, 0, 0, 1, 0, 1, 1, 1073741824, 100000 FROM generate_series(timestamptz '2026-11-09T00:00Z', '2026-11-22T23:00Z', '1 hour') AS at
            """);
        await RunAsync(Now);
        var report = (await ReportsAsync())["Resources and latency of the week, 2026-11-16 to 2026-11-22"];
        Assert.Equal("What moved most against the week before: CPU, mean: 2 (▲ 100 %).", report.Summary);
        var session = await DashboardSession.StartAsync(_nexus.App);
        var page = await session.PageAsync("/dashboard/report/" + report.Id);
        Assert.Contains("Mon 2026-11-16", page, StringComparison.Ordinal);
        Assert.Contains("1 GB", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-11-23T00:00:00Z", "2026-11-16", "2026-11-23")]
    [InlineData("2026-11-22T23:59:00Z", "2026-11-09", "2026-11-16")]
    public void A_week_is_over_when_sunday_is(string now, string from, string to)
    {
        var week = ReportPeriod.LastWeek(DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal((DateTime.Parse(from, System.Globalization.CultureInfo.InvariantCulture), DateTime.Parse(to, System.Globalization.CultureInfo.InvariantCulture)), (week.From.UtcDateTime.Date, week.To.UtcDateTime.Date));
        Assert.Equal(new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero), ReportPeriod.LastMonth(new(2026, 3, 31, 9, 0, 0, TimeSpan.Zero)).From);
    }

    private async Task<string> RunAsync(DateTimeOffset now)
    {
        var services = _nexus.App.Services;
        var job = new ReportsJob(services.GetRequiredService<Database>(), services.GetRequiredService<ReportKinds>(), services.GetRequiredService<Deliveries>(), services.GetRequiredService<IOptions<ChannelOptions>>(), new FakeTimeProvider(now));
        await using var connection = new NpgsqlConnection(_nexus.Database);
        await connection.OpenAsync();
        return (await job.RunAsync(new JobContext(connection, _ => Task.CompletedTask), default)).Summary;
    }

    private async Task<Dictionary<string, ReportRow>> ReportsAsync()
    {
        await using var db = await _nexus.ContextAsync();
        return await db.Reports.AsNoTracking().ToDictionaryAsync(report => report.Title);
    }
}
