using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Capture.Levels;

/// <summary>Sends texts that can be told again, through a process of its own that logs all it can, and looks for them wherever bytes are left.</summary>
public sealed partial class CanaryTests : IAsyncLifetime
{
    private const string Key = "sk-ant-api03-CaNaRyKeYaBcDeF";
    private const string Mail = "canary.mail@example.com";
    private const string Card = "4111 1111 1111 1111";
    private const string Marker = "PlainCanaryMarker";
    private const string Everything = $"{Marker} {Key} {Mail} {Card}";
    private const string Inner = "sk-proj-InnerCanaryAbCdEfGh";
    private const string Phrase = "inner canary phrase";

    /// <summary>What a tool gave that printed JSON with JSON in it, as a string of a request's body: each is escaped once more than the last.</summary>
    private static readonly string Nested = JsonSerializer.Serialize(JsonSerializer.Serialize(new { content = JsonSerializer.Serialize(new { env = $"A=1\n{Inner}\nB=2", password = Phrase }) }));
    private static readonly string[] Hidden = [Key, Mail, Card];
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-canary-").FullName;
    private readonly StringBuilder _log = new();
    private FakeAnthropic _upstream = null!;
    private string _database = null!;
    private Process? _process;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Answer = AnswerAsync;
        _database = await Postgres.NewDatabaseAsync();
    }

    public async Task DisposeAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        await _upstream.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("full")]
    [InlineData("redacted")]
    [InlineData("metadata")]
    [InlineData("off")]
    public async Task What_a_level_does_not_keep_is_nowhere(string level)
    {
        var (proxy, dashboard) = await StartAsync(level);
        var ids = new List<string>();
        foreach (var kind in new[] { "json", "stream", "gzip", "error", "leave" })
            ids.Add(await SendAsync(proxy, kind));
        var rows = await LedgerAsync(ids);
        var api = await ApiAsync(dashboard, ids);
        var places = new Dictionary<string, string>
        {
            ["log"] = _log.ToString(),
            ["files"] = await FilesAsync(),
            ["tables"] = await TablesAsync(),
            ["api"] = api,
            ["exports"] = await ExportsAsync(dashboard),
            ["conversations"] = await ConversationsAsync(dashboard, level),
        };
        foreach (var (place, text) in places)
            foreach (var canary in new[] { Marker, Key, Mail, Card })
            {
                var kept = place != "log" && (level == "full" || (level == "redacted" && canary == Marker));
                Assert.True(text.Contains(canary, StringComparison.OrdinalIgnoreCase) == kept, $"{level}: {canary} is {(kept ? "not " : "")}in {place}{(kept ? "" : ": " + Around(text, canary))}");
            }

        foreach (var canary in new[] { Inner, Phrase })
            Assert.Equal(level == "full" ? ["files", "tables"] : [], places.Where(place => place.Value.Contains(canary, StringComparison.OrdinalIgnoreCase)).Select(place => place.Key).Where(place => place is not ("api" or "exports" or "conversations") || level != "full"));
        Assert.All(rows.Take(3), row => Assert.Equal((10, 5), (row.InputTokens, row.OutputTokens)));
        Assert.All(rows, row => Assert.Equal(level switch { "full" => "stored", "redacted" => "redacted", _ => "none" }, row.Payload));
        Assert.All(rows, row => Assert.Equal("claude-opus-5", row.Model));
        Assert.All(rows, row => Assert.Equal(level == "off" ? null : "canary-session", row.Session));
        Assert.All(rows, row => Assert.Equal(level == "off" ? "other" : "main", row.Lane));
        Assert.All(rows, row => Assert.Equal(level != "off", row.HasHash));
        Assert.Equal("invalid_request_error", rows[3].ErrorType);
    }

    private static async Task<string> ExportsAsync(HttpClient dashboard)
    {
        var all = new StringBuilder();
        foreach (var table in new[] { "requests", "usage", "usage-totals", "tools", "cache-misses", "account-windows", "attempts", "audit", "conversations" })
            foreach (var format in new[] { "csv", "jsonl" })
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/export/{table}?format={format}") { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
                using var answer = await dashboard.SendAsync(request);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                all.Append(await answer.Content.ReadAsStringAsync());
            }

        return all.ToString();
    }

    /// <summary>The list, its search, and all that is told of each conversation; where nothing is kept there may be none.</summary>
    private static async Task<string> ConversationsAsync(HttpClient dashboard, string level)
    {
        async Task<string> GetAsync(string path)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
            using var answer = await dashboard.SendAsync(request);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{path}: {answer.StatusCode}");
            return await answer.Content.ReadAsStringAsync();
        }

        var list = await GetAsync("/api/conversations");
        var all = new StringBuilder(list);
        var known = JsonNode.Parse(list)!["conversations"]!.AsArray().Where(row => row!["messageCount"]!.GetValue<long>() > 1).Select(row => row!["conversationId"]!.GetValue<string>()).ToList();
        Assert.Equal(level != "off", known.Count > 0);
        foreach (var id in known)
            foreach (var path in new[] { $"/api/conversations/{id}", $"/api/conversations/{id}/tree", $"/api/conversations/{id}/export", $"/api/conversations/{id}/export?format=markdown" })
                all.Append(await GetAsync(path));
        // What was searched for comes back in no answer of the API.
        var found = JsonNode.Parse(await GetAsync($"/api/conversations?search={Marker}"))!["conversations"]!.AsArray().Count;
        Assert.Equal(level is "full" or "redacted", found > 0);
        return all.ToString();
    }

    private async Task<(HttpClient Proxy, HttpClient Dashboard)> StartAsync(string level)
    {
        var temporary = Directory.CreateDirectory(Path.Combine(_directory, "tmp")).FullName;
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Nexus.Web.dll")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in new[]
        {
            ("HOST", "127.0.0.1"), ("PROXY_PORT", "0"), ("DASHBOARD_PORT", "0"), ("DATA_DIR", _directory), ("DASHBOARD_API_KEY", NexusApp.Key), ("CLAUDE_API_BASE_URL", _upstream.Url),
            ("DATABASE_URL", _database), ("DEBUG", "true"), ("DEBUG_SQL", "true"), ("CAPTURE_LEVEL", level), ("TMPDIR", temporary),
        })
            start.Environment[name] = value;
        _process = Process.Start(start)!;
        var listening = new TaskCompletionSource<string[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Take(string? line)
        {
            lock (_log)
            {
                _log.AppendLine(line);
                if (line is not null && Addresses().Match(line) is { Success: true } match)
                    listening.TrySetResult([match.Groups[1].Value, match.Groups[2].Value]);
            }
        }

        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var ports = await listening.Task.WaitAsync(TimeSpan.FromMinutes(1));
        return (NexusApp.Client(ports[0]), NexusApp.Client(ports[1]));
    }

    private static async Task<string> SendAsync(HttpClient proxy, string kind)
    {
        var body = $$$"""{"model":"claude-opus-5","stream":{{{(kind is "stream" or "leave" ? "true" : "false")}}},"system":"{{{Everything}}}","tools":[{"name":"Bash","description":"{{{Everything}}}"}],"messages":[{"role":"user","content":"{{{Everything}}}"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"Bash","input":{"command":"{{{Everything}}}"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"{{{Everything}}}"},{"type":"tool_result","tool_use_id":"toolu_2","content":{{{Nested}}}},{"type":"text","text":"{{{Everything}}}"}]}]}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/messages?note={Uri.EscapeDataString(Marker)}") { Content = new StringContent(body, Encoding.UTF8, "application/json"), Headers = { Host = "one.example" } };
        request.Headers.TryAddWithoutValidation("x-api-key", "sk-ant-own");
        request.Headers.TryAddWithoutValidation("x-kind", kind);
        request.Headers.TryAddWithoutValidation("x-note", Everything);
        request.Headers.TryAddWithoutValidation("x-claude-code-session-id", "canary-session");
        using var answer = await proxy.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (kind == "leave")
        {
            await using var stream = await answer.Content.ReadAsStreamAsync();
            await stream.ReadExactlyAsync(new byte[400]);
        }
        else
        {
            // The caller has what the upstream sent, whatever is kept of it.
            var received = await answer.Content.ReadAsByteArrayAsync();
            Assert.Equal(Sent(kind), received);
        }

        return answer.Headers.GetValues("x-nexus-request-id").Single();
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        var kind = context.Request.Headers["x-kind"].ToString();
        Assert.Contains(Everything, context.Request.Headers["x-note"].ToString(), StringComparison.Ordinal);
        var body = Sent(kind);
        context.Response.StatusCode = kind == "error" ? 400 : 200;
        context.Response.ContentType = kind is "stream" or "leave" ? "text/event-stream" : "application/json";
        context.Response.Headers["x-note"] = Everything;
        if (kind == "gzip")
            context.Response.Headers.ContentEncoding = "gzip";
        await context.Response.Body.WriteAsync(kind == "leave" ? body.AsMemory(0, body.Length - 200) : body);
        await context.Response.Body.FlushAsync();
        if (kind == "leave")
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    private static byte[] Sent(string kind)
    {
        var json = Encoding.UTF8.GetBytes($$$"""{"id":"msg_02","type":"message","role":"assistant","model":"claude-opus-5","content":[{"type":"text","text":"{{{Everything}}}"}],"stop_reason":"end_turn","usage":{"input_tokens":10,"output_tokens":5}}""");
        if (kind == "json")
            return json;
        if (kind == "error")
            return Encoding.UTF8.GetBytes($$$"""{"type":"error","error":{"type":"invalid_request_error","message":"{{{Everything}}} is wrong"}}""");
        if (kind == "gzip")
        {
            using var output = new MemoryStream();
            using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
                gzip.Write(json);
            return output.ToArray();
        }

        // Each text in pieces of five characters, so that every secret is split.
        static string Deltas(int index, string type, string name, string text) => string.Concat(text.Chunk(5).Select(piece =>
            $"event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":{index},\"delta\":{{\"type\":\"{type}\",\"{name}\":{JsonSerializer.Serialize(new string(piece))}}}}}\n\n"));
        static string Start(int index, string block) => $"event: content_block_start\ndata: {{\"type\":\"content_block_start\",\"index\":{index},\"content_block\":{block}}}\n\n";
        static string Stop(int index) => $"event: content_block_stop\ndata: {{\"type\":\"content_block_stop\",\"index\":{index}}}\n\n";
        return Encoding.UTF8.GetBytes(
            """event: message_start""" + "\n" + """data: {"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant","model":"claude-opus-5","content":[],"stop_reason":null,"usage":{"input_tokens":10,"output_tokens":1}}}""" + "\n\n" +
            Start(0, """{"type":"text","text":""}""") + Deltas(0, "text_delta", "text", Everything + " " + Everything) + Stop(0) +
            Start(1, """{"type":"tool_use","id":"toolu_2","name":"Bash","input":{}}""") + Deltas(1, "input_json_delta", "partial_json", $$"""{"command":"{{Everything}}"}""") + Stop(1) +
            """event: message_delta""" + "\n" + """data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":5}}""" + "\n\n" +
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    }

    private async Task<List<(long InputTokens, long OutputTokens, string Payload, string? Model, string? Session, string Lane, bool HasHash, string? ErrorType)>> LedgerAsync(List<string> ids)
    {
        await using var source = NpgsqlDataSource.Create(_database);
        var rows = new List<(long, long, string, string?, string?, string, bool, string?)>();
        await NexusApp.UntilAsync(async () =>
        {
            rows.Clear();
            foreach (var id in ids)
            {
                await using var command = source.CreateCommand($"SELECT input_tokens, output_tokens, payload, model_requested, session_id, lane, body_hash IS NOT NULL, error_type FROM requests WHERE id = '{id}'");
                await using var reader = await command.ExecuteReaderAsync();
                if (await reader.ReadAsync())
                    rows.Add((reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.IsDBNull(3) ? null : reader.GetString(3), reader.IsDBNull(4) ? null : reader.GetString(4), reader.GetString(5), reader.GetBoolean(6), reader.IsDBNull(7) ? null : reader.GetString(7)));
            }

            return rows.Count == ids.Count;
        }, "all requests are in the ledger");
        return rows;
    }

    private static async Task<string> ApiAsync(HttpClient dashboard, List<string> ids)
    {
        var all = new StringBuilder();
        foreach (var path in ids.SelectMany(id => new[] { $"/api/requests/{id}", $"/api/requests/{id}/body", $"/api/requests/{id}/response", $"/dashboard/request/{id}" }).Append("/api/requests").Append("/api/stats"))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
            using var answer = await dashboard.SendAsync(request);
            var bytes = await answer.Content.ReadAsByteArrayAsync();
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.NotFound or HttpStatusCode.Redirect, $"{path}: {answer.StatusCode}");
            all.Append(Encoding.UTF8.GetString(bytes));
        }

        return all.ToString();
    }

    /// <summary>All files under DATA_DIR and TMPDIR: journal, keys, whatever else there is.</summary>
    private async Task<string> FilesAsync() =>
        // Nexus holds some of them locked against other .NET programs.
        (await ProcessRunner.RunAsync("find", [_directory, "-type", "f", "-exec", "cat", "{}", "+"], CancellationToken.None)).Output;

    /// <summary>What pg_dump writes, with what is compressed in it in plain.</summary>
    private async Task<string> TablesAsync()
    {
        var settings = new NpgsqlConnectionStringBuilder(_database);
        var (code, dump) = await ProcessRunner.RunAsync(Path.Combine(PostgresBinaries.Find().Directory, "pg_dump"), ["-h", settings.Host!, "-p", $"{settings.Port}", "-U", settings.Username!, "--inserts", settings.Database!], CancellationToken.None);
        Assert.True(code == 0, dump);
        var all = new StringBuilder(dump);
        using var decompressor = new PayloadDecompressor();
        foreach (Match bytes in Bytea().Matches(dump))
            if (Convert.FromHexString(bytes.Groups[1].Value) is [0x28, 0xB5, 0x2F, 0xFD, ..] compressed)
                all.Append(Encoding.UTF8.GetString(decompressor.Decompress(compressed)));
            else
                all.Append(Encoding.UTF8.GetString(Convert.FromHexString(bytes.Groups[1].Value)));
        return all.ToString();
    }

    private static string Around(string text, string canary) =>
        text.IndexOf(canary, StringComparison.OrdinalIgnoreCase) is var at and >= 0 ? text[Math.Max(0, at - 200)..Math.Min(text.Length, at + 100)] : "";

    [GeneratedRegex("""
        "proxy":"(http[^"]+)","dashboard":"(http[^"]+)"
        """)]
    private static partial Regex Addresses();

    [GeneratedRegex(@"'\\x((?:[0-9a-f]{2})+)'")]
    private static partial Regex Bytea();
}
