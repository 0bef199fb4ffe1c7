using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using CsvHelper;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Api;

public sealed class ExportTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", """{"type":"message","id":"msg_1","model":"claude-opus-5","content":[],"usage":{"input_tokens":3,"output_tokens":4}}"""u8.ToArray());
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Requests_are_exported_exactly_as_filtered_in_both_formats()
    {
        for (var i = 0; i < 5; i++)
            await _nexus.MessageAsync("""{"model":"claude-opus-5","messages":[]}""", i < 3 ? "one.example" : "two.example");
        await NexusApp.UntilAsync(async () => (await CsvAsync("/api/export/requests")).Count == 5, "five rows are stored");
        var rows = await CsvAsync("/api/export/requests?domain=one.example");
        Assert.Equal(3, rows.Count);
        Assert.All(rows, row => Assert.Equal(("one.example", "completed", "200", "3", "4"), (row["domain"], row["outcome"], row["status"], row["input_tokens"], row["output_tokens"])));
        Assert.EndsWith("Z", rows[0]["started_at"], StringComparison.Ordinal);
        var lines = await LinesAsync("/api/export/requests?format=jsonl&domain=two.example");
        Assert.Equal(2, lines.Count);
        Assert.All(lines, line => Assert.Equal(4, line["output_tokens"]!.GetValue<long>()));
    }

    [Fact]
    public async Task Usage_is_exported_by_interval_and_in_sum_with_texts_that_no_spreadsheet_runs()
    {
        var usage = new SeededUsage(_nexus.Services.GetRequiredService<Database>().DataSource);
        var hour = DateTimeOffset.UtcNow;
        hour = hour.AddTicks(-(hour.Ticks % TimeSpan.TicksPerHour));
        await usage.AddAsync(hour.AddHours(-2), "one.example", "acc_a", 5, owner: "=HYPERLINK(\"http://x\"),\"quoted\"\r\nline");
        await usage.AddAsync(hour.AddHours(-3), "one.example", "acc_a", 7, owner: "Ada");
        var rows = await CsvAsync("/api/export/usage?by=owner&range=24h");
        Assert.Equal([("7", "Ada"), ("5", "'=HYPERLINK(\"http://x\"),\"quoted\"\r\nline")], rows.Select(row => (row["output_tokens"], row["owner"])));
        Assert.Equal(hour.AddHours(-3), DateTimeOffset.Parse(rows[0]["interval_start"], CultureInfo.InvariantCulture));
        Assert.Equal(12, (await LinesAsync("/api/export/usage-totals?by=domain&format=jsonl")).Single()["output_tokens"]!.GetValue<long>());
        Assert.Empty(await CsvAsync("/api/export/usage?domain=two.example"));
    }

    [Theory]
    [InlineData("tools")]
    [InlineData("cache-misses")]
    [InlineData("attempts")]
    [InlineData("account-windows")]
    [InlineData("audit")]
    public async Task An_empty_table_is_a_header_line_alone(string table) => Assert.Empty(await CsvAsync("/api/export/" + table));

    [Theory]
    [InlineData("/api/export/nothing", HttpStatusCode.NotFound)]
    [InlineData("/api/export/usage?format=xlsx", HttpStatusCode.BadRequest)]
    [InlineData("/api/export/usage?by=colour", HttpStatusCode.BadRequest)]
    [InlineData("/api/export/usage?range=custom&from=yesterday", HttpStatusCode.BadRequest)]
    public async Task What_does_not_exist_is_said(string address, HttpStatusCode status)
    {
        using var response = await SendAsync(address);
        Assert.Equal(status, response.StatusCode);
    }

    private async Task<List<IDictionary<string, string>>> CsvAsync(string address)
    {
        using var response = await SendAsync(address);
        Assert.Equal((HttpStatusCode.OK, "text/csv"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.EndsWith(".csv", response.Content.Headers.ContentDisposition?.FileName?.Trim('"'), StringComparison.Ordinal);
        using var csv = new CsvReader(new StringReader(await response.Content.ReadAsStringAsync()), CultureInfo.InvariantCulture);
        await csv.ReadAsync();
        csv.ReadHeader();
        var rows = new List<IDictionary<string, string>>();
        while (await csv.ReadAsync())
            rows.Add(csv.HeaderRecord!.ToDictionary(name => name, name => csv.GetField(name)!));
        return rows;
    }

    private async Task<List<JsonNode>> LinesAsync(string address)
    {
        using var response = await SendAsync(address);
        return [.. (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
    }

    private async Task<HttpResponseMessage> SendAsync(string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Add("X-Dashboard-Key", NexusApp.Key);
        return await _nexus.Dashboard.SendAsync(request);
    }
}
