using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Conversations.Analyses;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Conversations.Analyses;

/// <summary>A Nexus with analyses on, paid by payer.example, and an upstream that answers them as a test scripts it.</summary>
internal sealed class AnalysingNexus : IAsyncDisposable
{
    public const string Payer = "payer.example";
    public const string PayersKey = "sk-ant-payers-own-key";
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _answers = new();

    private AnalysingNexus(FakeAnthropic upstream, string database)
    {
        (Upstream, Database) = (upstream, database);
        upstream.Answer = AnswerAsync;
    }

    public FakeAnthropic Upstream { get; }

    public string Database { get; }

    public NexusApp App { get; private set; } = null!;

    /// <summary>The bodies with which analyses were asked for.</summary>
    public IReadOnlyList<string> Asked => [.. Upstream.Requests.Select(request => Encoding.UTF8.GetString(request.Body)).Where(body => body.Contains("record_analysis", StringComparison.Ordinal))];

    public static async Task<AnalysingNexus> StartAsync(params (string Name, string Value)[] settings)
    {
        var nexus = new AnalysingNexus(await FakeAnthropic.StartAsync(), await Postgres.NewDatabaseAsync());
        nexus.App = await nexus.NodeAsync(settings);
        return nexus;
    }

    /// <summary>A node on the same database.</summary>
    public async Task<NexusApp> NodeAsync(params (string Name, string Value)[] settings)
    {
        var app = await NexusApp.StartAsync(Upstream, Database, null, [("AI_WORKER_ENABLED", "true"), ("AI_ANALYSIS_DOMAIN", Payer), ("AI_ANALYSIS_RATE_LIMIT_RETRIEVAL", "100000"), NexusApp.Pays(Payer, $$"""{"type":"api_key","accountId":"acc_payer","api_key":"{{PayersKey}}"}"""), .. settings]);
        await app.ReadyAsync();
        return app;
    }

    /// <summary>Goes on with another node; the one before.</summary>
    public NexusApp Swap(NexusApp node)
    {
        var before = App;
        App = node;
        return before;
    }

    /// <summary>The answer to the next call of the model; without one it is a good analysis.</summary>
    public void Next(byte[] body, int status = 200, params (string Name, string Value)[] headers) => Next(async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        foreach (var (name, value) in headers)
            context.Response.Headers[name] = value;
        await context.Response.Body.WriteAsync(body);
    });

    /// <summary>The next answer as the events of a stream.</summary>
    public void NextStream(IReadOnlyList<string> events) => Next(Encoding.UTF8.GetBytes(string.Concat(events)), 200, ("Content-Type", "text/event-stream"));

    /// <summary>What the budget knows of.</summary>
    public async Task<AnalysisSpending> SpentAsync()
    {
        await using var scope = App.Services.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<AnalysisBudget>().ReadAsync(null, CancellationToken.None);
    }

    public void Next(Func<HttpContext, Task> answer) => _answers.Enqueue(answer);

    /// <summary>A conversation of one request, which is in the ledger; its id.</summary>
    public async Task<string> ConversationAsync(string text = "Why does the test fail?", string? body = null)
    {
        var id = await App.MessageAsync(body ?? new JsonObject { ["model"] = "claude-opus-5", ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = text }) }.ToJsonString());
        await NexusApp.UntilAsync(async () => (await SendAsync(HttpMethod.Get, $"/api/conversations/{id}")).Status == HttpStatusCode.OK, "the conversation is in the ledger");
        return id;
    }

    public async Task<(HttpStatusCode Status, JsonNode Json, HttpResponseMessage Response)> SendAsync(HttpMethod method, string path, JsonNode? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { { "X-Dashboard-Key", NexusApp.Key } }, Content = body is null ? null : JsonContent.Create(body) };
        var response = await App.Dashboard.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!, response);
    }

    public Task<(HttpStatusCode Status, JsonNode Json, HttpResponseMessage Response)> AskAsync(string conversation, string? instruction = null) =>
        SendAsync(HttpMethod.Post, "/api/analyses", new JsonObject { ["conversationId"] = conversation, ["branchId"] = "main", ["customPrompt"] = instruction });

    /// <summary>The analysis of the main line, once it has the status.</summary>
    public async Task<JsonNode> UntilAsync(string conversation, string status)
    {
        JsonNode? json = null;
        await NexusApp.UntilAsync(async () => (json = (await SendAsync(HttpMethod.Get, $"/api/analyses/{conversation}/main")).Json)["status"]?.ToString() == status, $"the analysis is {status}");
        return json!;
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Upstream.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (!Encoding.UTF8.GetString(context.Features.Get<Received>()!.Body).Contains("record_analysis", StringComparison.Ordinal))
        {
            context.Response.StatusCode = 200;
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(Streams.Json);
        }
        else if (_answers.TryDequeue(out var answer))
        {
            await answer(context);
        }
        else
        {
            context.Response.StatusCode = 200;
            context.Response.ContentType = "application/json";
            await context.Response.Body.WriteAsync(Answers.Message());
        }
    }
}
