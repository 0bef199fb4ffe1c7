using System.IO.Compression;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Operations.Logs.Exporting;
using Nexus.Web.Operations.Resources;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Jobs;
using Nexus.Web.Tests.Usage;
using Xunit;

namespace Nexus.Web.Tests.Pages;

/// <summary>The Logs page over HTTP, with the log of the running app itself.</summary>
public sealed class LogsPageTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;
    private string _database = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Streams.Json);
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database, settings: ("LOG_LEVEL", "info"));
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Lines_are_shown_filtered_and_downloaded_as_they_are_filtered()
    {
        var id = await RequestAsync("one.example");
        await RequestAsync("two.example");
        var page = WebUtility.HtmlDecode(await _session.PageAsync("/dashboard/logs"));
        Assert.Contains("<h1>Logs</h1>", page, StringComparison.Ordinal);
        Assert.Contains("request_completed", page, StringComparison.Ordinal);
        var fragment = await _session.PageAsync($"/dashboard/logs?request={id}&domain=one.example", htmx: true);
        Assert.DoesNotContain("<h1>", fragment, StringComparison.Ordinal);
        Assert.Equal(1, Count(fragment, "request_completed"));
        Assert.DoesNotContain("two.example", fragment, StringComparison.Ordinal);
        Assert.Contains("No line matches", await _session.PageAsync("/dashboard/logs?text=nothing-like-it", htmx: true), StringComparison.Ordinal);
        Assert.Contains("does not exist", WebUtility.HtmlDecode(await _session.PageAsync("/dashboard/logs?level=loud&range=ages", htmx: true)), StringComparison.Ordinal);

        using var download = await _session.SendAsync($"/dashboard/logs?domain=two.example&handler=Export");
        await using var packed = new GZipStream(await download.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using var reader = new StreamReader(packed);
        var lines = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Contains("\"two.example\"", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Older_lines_follow_page_by_page_and_none_is_shown_twice()
    {
        for (var i = 0; i < 60; i++)
            await _nexus.MessageAsync("""{"model":"m","messages":[]}""");
        var (first, second) = ("", "");
        // Lines come into the file a little after what they tell of: until then a full page may be all there is.
        await NexusApp.UntilAsync(async () =>
        {
            first = await _session.PageAsync("/dashboard/logs?service=proxy", htmx: true);
            if (Count(first, "<tr id=") != 100)
                return false;
            second = await _session.PageAsync(WebUtility.HtmlDecode(first.Split("older\" href=\"")[1].Split('"')[0]), htmx: true);
            return Count(second, "<tr id=") is >= 20 and <= 100;
        }, "two pages of lines are in the file");
        Assert.Empty(Ids(first).Intersect(Ids(second)));
        Assert.DoesNotContain("sse-connect", second, StringComparison.Ordinal);
        Assert.Contains("Newest", second, StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_lines_are_pushed_where_they_match()
    {
        var page = WebUtility.HtmlDecode(await _session.PageAsync("/dashboard/logs?domain=live.example", htmx: true));
        var address = page.Split("sse-connect=\"")[1].Split('"')[0];
        // Lines between the page and its connection are not lost.
        var before = await RequestAsync("live.example");
        using var response = await _session.SendAsync(address);
        using var stream = new StreamReader(await response.Content.ReadAsStreamAsync());
        await UntilAsync(stream, before);
        await RequestAsync("other.example");
        var after = await RequestAsync("live.example");
        Assert.DoesNotContain("other.example", await UntilAsync(stream, after), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_level_is_in_force_at_once_shown_audited_and_taken_back()
    {
        Assert.Contains("is no level", WebUtility.HtmlDecode(await LevelAsync("Proxy", "loud", "15")), StringComparison.Ordinal);
        Assert.Contains("Nexus.Web.Proxy is logged from debug on, on this node, for 15 min.", await LevelAsync("Proxy", "debug", "15"), StringComparison.Ordinal);
        Assert.True(Has("request_headers", await RequestAsync("one.example")));
        Assert.Equal(1, await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM audit_log WHERE action = 'log.level_changed' AND subject = 'Nexus.Web.Proxy' AND details->>'level' = 'debug'"));
        Assert.Contains("configuration counts again", await _session.PostAsync("/dashboard/logs", "/dashboard/logs?handler=Reset", true, ("category", "Nexus.Web.Proxy")), StringComparison.Ordinal);
        Assert.False(Has("request_headers", await RequestAsync("one.example")));
        // DEBUG_SQL while it runs: values of parameters, too.
        await LevelAsync("Storage.SqlLog", "debug", "");
        await _session.PageAsync("/dashboard/requests?domain=sql-canary.example");
        await NexusApp.UntilAsync(() => Task.FromResult(Lines(new() { Text = "'sql-canary.example'" }).Any(line => line.Event == "sql")), "the statement is logged with its values");
    }

    [Fact]
    public async Task The_jobs_of_logs_and_samples_run_and_an_exported_day_is_downloaded()
    {
        var data = _nexus.Services.GetRequiredService<IOptions<DataOptions>>().Value;
        await File.WriteAllTextAsync(Path.Combine(data.LogsDirectory, $"nexus-{DateTime.UtcNow.AddDays(-1):yyyyMMdd}-0001.jsonl"), "{\"yesterday\":true}\n");
        var jobs = new JobHistory(_nexus);
        await jobs.ServingAsync();
        foreach (var job in new[] { LogExportJob.Id, ResourceSampleJob.Id, DiskForecastJob.Id })
            await jobs.StateAsync(jobs.Trigger(job), "Succeeded");
        Assert.Contains(await jobs.RunsAsync(), run => run.Job == LogExportJob.Id && run.Summary!.Contains(": 1 lines; 0 copies made", StringComparison.Ordinal));
        var page = await _session.PageAsync("/dashboard/logs");
        var href = WebUtility.HtmlDecode(page.Split("log-days\"><li><a href=\"")[1].Split('"')[0]);
        using var download = await _session.SendAsync(href);
        await using var packed = new GZipStream(await download.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using var reader = new StreamReader(packed);
        Assert.Equal("{\"yesterday\":true}\n", await reader.ReadToEndAsync());
        using var other = await _session.SendAsync("/dashboard/logs?handler=Day&name=..%2Flogs%2Fnexus-20260101-0001.jsonl");
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Fact]
    public async Task Without_a_database_the_log_is_read_and_levels_are_changed()
    {
        await using var alone = await NexusApp.StartAsync(_upstream);
        var session = await DashboardSession.StartAsync(alone);
        await NexusApp.UntilAsync(async () => (await session.PageAsync("/dashboard/logs?level=error", htmx: true)).Contains("db_unavailable", StringComparison.Ordinal), "the outage is shown");
        Assert.Contains("the database is away; the log has the change", await session.PostAsync("/dashboard/logs", "/dashboard/logs?handler=Level", true, ("category", ""), ("level", "info"), ("minutes", "")), StringComparison.Ordinal);
        Assert.Single(alone.Services.GetRequiredService<LogLevels>().Current);
    }

    private Task<string> LevelAsync(string category, string level, string minutes) =>
        _session.PostAsync("/dashboard/logs", "/dashboard/logs?handler=Level", true, ("category", category), ("level", level), ("minutes", minutes));

    /// <summary>Sends a request and waits until its last line is in the file.</summary>
    private async Task<string> RequestAsync(string host)
    {
        var id = await _nexus.MessageAsync("""{"model":"m","messages":[]}""", host);
        await NexusApp.UntilAsync(() => Task.FromResult(Has("request_completed", id)), "the request is logged");
        return id;
    }

    private bool Has(string name, string request) => Lines(new() { RequestId = request }).Any(line => line.Event == name);

    private IReadOnlyList<LogLine> Lines(LogFilter filter) => _nexus.Services.GetRequiredService<LogReader>().Back(filter, null, 1000).Lines;

    private static async Task<string> UntilAsync(StreamReader stream, string text)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var read = "";
        while (!read.Contains(text, StringComparison.Ordinal))
            read += await stream.ReadLineAsync(limit.Token) + "\n";
        return read;
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private static List<string> Ids(string page) => [.. page.Split("<tr id=\"").Skip(1).Select(row => row.Split('"')[0])];
}
