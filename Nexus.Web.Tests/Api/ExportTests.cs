using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using CsvHelper;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Access.Keys;
using Nexus.Web.Access.Limits;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Usage;
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

    [Fact]
    public async Task Tools_are_exported_under_the_filters_that_they_are_told_by()
    {
        await using (var insert = _nexus.Services.GetRequiredService<Database>().DataSource.CreateCommand("""
            INSERT INTO usage_tools_15m (bucket, domain, key_id, owner, tool, calls)
            SELECT date_bin('15 minutes', now() - interval '1 hour', '2000-01-01Z'), domain, key_id, owner, tool, calls
            FROM (VALUES ('one.example', 'key_a', 'Ada', 'Bash', 5), ('one.example', 'key_b', 'Bob', 'Bash', 2), ('two.example', 'key_b', 'Bob', 'Read', 3)) AS told (domain, key_id, owner, tool, calls)
            """))
            await insert.ExecuteNonQueryAsync();
        async Task<IEnumerable<string>> ToldAsync(string filter) => (await CsvAsync("/api/export/tools?range=24h" + filter)).Select(row => $"{row["tool"]} {row["calls"]}");
        Assert.Equal(["Bash 7", "Read 3"], await ToldAsync(""));
        Assert.Equal(["Bash 7"], await ToldAsync("&domain=one.example"));
        Assert.Equal(["Read 3", "Bash 2"], await ToldAsync("&owner=Bob"));
        Assert.Equal(["Bash 5"], await ToldAsync("&key=key_a&domain=one.example"));
        Assert.Empty(await ToldAsync("&key=key_a&domain=two.example"));
    }

    [Fact]
    public async Task Conversations_are_exported_as_their_page_lists_them_search_and_single_requests_included()
    {
        var at = DateTimeOffset.UtcNow.AddMinutes(-5);
        await SeededLedger.AddAsync(_nexus, Conversation(at, "one.example", "=A1", "Ada", cost: 5, errors: 0), Conversation(at.AddMinutes(-1), "one.example", "Why?", "Bob", cost: 9, errors: 1), Conversation(at.AddDays(-40), "two.example", "Long ago", "Ada", cost: 7, errors: 0));
        async Task<IEnumerable<string>> TitlesAsync(string query) => (await CsvAsync("/api/export/conversations" + query)).Select(row => row["title"]);
        Assert.Equal(["'=A1", "Why?"], await TitlesAsync(""));
        Assert.Equal(["Why?", "'=A1"], await TitlesAsync("?sort=-cost"));
        Assert.Equal(["Why?"], await TitlesAsync("?only=errors"));
        Assert.Equal(["'=A1"], await TitlesAsync("?person=Ada&model=claude-opus-5"));
        Assert.Empty(await TitlesAsync("?account=nobody"));
        Assert.Empty(await TitlesAsync("?q=retry"));
        var row = (await CsvAsync("/api/export/conversations?person=Bob")).Single();
        Assert.Equal(("Bob", "acc_a, acc_b", "9", "1", "2"), (row["owners"], row["accounts"], row["cost_micros"], row["errors"], row["turns"]));

        // A request by itself is listed only where it is asked for; what somebody typed is searched as on the page.
        await _nexus.MessageAsync("""{"model":"claude-opus-5","messages":[{"role":"user","content":"Alone"}]}""", "alone.example");
        await NexusApp.UntilAsync(async () => (await LinesAsync("/api/export/conversations?format=jsonl&single=true&domain=alone.example")).Count == 1, "the single request is listed");
        var alone = (await LinesAsync("/api/export/conversations?format=jsonl&single=true&domain=alone.example")).Single();
        Assert.Equal((1, 3, "claude-opus-5"), (alone["requests"]!.GetValue<int>(), alone["input_tokens"]!.GetValue<int>(), alone["models"]!.GetValue<string>()));
        Assert.Equal(["", "'=A1", "Why?"], await TitlesAsync("?single=true"));
        await _nexus.MessageAsync("""{"model":"claude-opus-5","metadata":{"user_id":"{\"session_id\":\"6f1a4f5e-3a54-4c39-8d7a-0d9c1f1c2b3a\"}"},"system":[{"type":"text","text":"You are Claude Code."}],"messages":[{"role":"user","content":"Why does the retry test fail?"}]}""", "one.example");
        await NexusApp.UntilAsync(async () => (await TitlesAsync("?q=retry")).SequenceEqual(["Why does the retry test fail?"]), "the conversation is found by its words");
    }

    [Fact]
    public async Task Keys_domains_and_runs_are_exported_as_their_pages_list_them_and_no_secret_is_among_them()
    {
        string key;
        await using (var scope = _nexus.Services.CreateAsyncScope())
        {
            var keys = scope.ServiceProvider.GetRequiredService<ClientKeys>();
            (_, key) = await keys.CreateAsync(new("laptop", "Ada", "one.example", ["claude-*", "other"], null, null, null), new("test", null), CancellationToken.None);
            await keys.CreateAsync(new("robot", "Bob", "two.example", [], null, null, null), new("test", null), CancellationToken.None);
        }

        var all = await CsvAsync("/api/export/keys?sort=name");
        Assert.Equal([("laptop", "Ada", "active", "claude-* other"), ("robot", "Bob", "active", "")], all.Select(row => (row["name"], row["owner"], row["state"], row["allowed_models"])));
        Assert.Equal(key[^4..], all[0]["hint"]);
        Assert.DoesNotContain(all[0].Values, value => value.Contains(key[..^4], StringComparison.Ordinal));
        Assert.DoesNotContain(all[0].Keys, name => name.Contains("hash", StringComparison.Ordinal) || name.Contains("secret", StringComparison.Ordinal));
        Assert.Equal("robot", (await LinesAsync("/api/export/keys?format=jsonl&owner=Bob")).Single()["name"]!.GetValue<string>());
        Assert.Equal([("one.example", "1"), ("two.example", "1")], (await CsvAsync("/api/export/domains")).Select(row => (row["domain"], row["working_keys"])));
        var run = new JobRunRow { Id = Guid.CreateVersion7(), Job = "test-job", Node = "here", StartedAt = DateTimeOffset.UtcNow.AddDays(-20), Outcome = "failed", Error = "no disk", ByHand = true };
        await SeededLedger.AddAsync(_nexus, run);
        Assert.Equal(("failed", "no disk", "True"), (await CsvAsync("/api/export/job-runs?job=test-job")).Select(row => (row["outcome"], row["error"], row["by_hand"])).Single());
        Assert.Empty(await CsvAsync("/api/export/job-runs?job=test-job&range=7d"));
    }

    [Fact]
    public async Task Budgets_with_their_periods_and_prices_with_their_versions_are_exported()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        LimitRow Limit(string id, string unit, long? amount, string period) => new() { Id = id, Name = id[4..], Scope = "domain", Subject = "*", Unit = unit, Amount = amount, Period = period, StartsAt = start, CreatedAt = start, CreatedBy = "a test", UpdatedAt = start };
        await SeededLedger.AddAsync(_nexus, Limit("lim_a", "usd", 5_000_000, "total"), Limit("lim_b", "tokens", 700, "day"), Limit("lim_c", "usd", null, "month"));
        await SeededLedger.AddAsync(
            _nexus,
            new LimitCounterRow { LimitId = "lim_a", Subject = "one.example", PeriodStart = start, PeriodEnd = Period.Never, Micros = 40, Tokens = 4, Requests = 2 },
            new LimitCounterRow { LimitId = "lim_b", Subject = "=1", PeriodStart = start, PeriodEnd = start.AddDays(1), Micros = 90, Tokens = 9, Requests = 3 });
        var budgets = (await CsvAsync("/api/export/budgets")).ToDictionary(row => row["id"]);
        Assert.Equal(("one.example", "5000000", "40", "2", ""), (budgets["lim_a"]["subject"], budgets["lim_a"]["budget"], budgets["lim_a"]["used"], budgets["lim_a"]["requests"], budgets["lim_a"]["period_end"]));
        Assert.Equal(("*", "tokens", "700", "0"), (budgets["lim_b"]["subject"], budgets["lim_b"]["unit"], budgets["lim_b"]["amount"], budgets["lim_b"]["used"]));
        Assert.Equal(("", "", ""), (budgets["lim_c"]["budget"], budgets["lim_c"]["period"], budgets["lim_c"]["used"]));
        var past = Assert.Single(await CsvAsync("/api/export/budget-history"));
        Assert.Equal(("lim_b", "'=1", "9", "3"), (past["limit_id"], past["subject"], past["used"], past["requests"]));
        Assert.Empty(await CsvAsync("/api/export/budget-history?id=lim_a"));
        var prices = await LinesAsync("/api/export/prices?format=jsonl");
        Assert.Equal(Enumerable.Range(1, prices.Count), prices.Select(rule => rule["position"]!.GetValue<int>()));
        Assert.True(prices[^1]["fallback"]!.GetValue<bool>());
        Assert.Equal(5_000_000, prices.First(rule => rule["pattern"]!.GetValue<string>() == "claude-opus-5")["input"]!.GetValue<long>());
        Assert.Empty(await CsvAsync("/api/export/prices?version=2"));
    }

    [Theory]
    [InlineData("budgets")]
    [InlineData("budget-history")]
    [InlineData("tools")]
    [InlineData("cache-misses")]
    [InlineData("attempts")]
    [InlineData("account-windows")]
    [InlineData("audit")]
    [InlineData("keys")]
    [InlineData("conversations")]
    public async Task An_empty_table_is_a_header_line_alone(string table) => Assert.Empty(await CsvAsync("/api/export/" + table));

    [Theory]
    [InlineData("/api/export/nothing", HttpStatusCode.NotFound)]
    [InlineData("/api/export/usage?format=xlsx", HttpStatusCode.BadRequest)]
    [InlineData("/api/export/usage?by=colour", HttpStatusCode.BadRequest)]
    [InlineData("/api/export/tools?model=claude-opus-5", HttpStatusCode.BadRequest)]
    [InlineData("/api/export/conversations?range=ever", HttpStatusCode.BadRequest)]
    [InlineData("/api/export/usage?range=custom&from=yesterday", HttpStatusCode.BadRequest)]
    public async Task What_does_not_exist_is_said(string address, HttpStatusCode status)
    {
        using var response = await SendAsync(address);
        Assert.Equal(status, response.StatusCode);
    }

    private static ConversationRow Conversation(DateTimeOffset at, string domain, string title, string owner, long cost, int errors) => new()
    {
        Id = Guid.CreateVersion7(at),
        Domain = domain,
        StartedAt = at,
        LastAt = at,
        LastHour = TimeBuckets.StartOf(at, TimeSpan.FromHours(1)),
        Title = title,
        Owners = [owner],
        KeyIds = [],
        Accounts = ["acc_a", "acc_b"],
        Models = ["claude-opus-5"],
        Turns = errors + 1,
        Requests = errors + 1,
        Errors = errors,
        CostMicros = cost,
    };

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
