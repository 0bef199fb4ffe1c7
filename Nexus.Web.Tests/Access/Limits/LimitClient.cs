using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Access.Limits;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Access.Limits;

/// <summary>Makes limits and sends messages that use what they say they use.</summary>
internal static class LimitClient
{
    /// <summary>An upstream whose answers use the tokens that the request's last message names.</summary>
    public static void UsesWhatIsAsked(this FakeAnthropic upstream) => upstream.Answer = async context =>
    {
        var body = JsonNode.Parse(context.Features.Get<Received>()!.Body)!;
        var words = body["messages"]![0]!["content"]!.GetValue<string>().Split(' ');
        if (words.Length > 2)
            await Task.Delay(int.Parse(words[2], System.Globalization.CultureInfo.InvariantCulture));
        context.Response.StatusCode = 200;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync($$"""{"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-5","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{"input_tokens":{{words[0]}},"output_tokens":{{words[1]}} } }""");
    };

    public static async Task<JsonNode> LimitAsync(this NexusApp nexus, object draft)
    {
        using var request = Api(HttpMethod.Post, "/api/limits");
        request.Content = JsonContent.Create(draft);
        using var response = await nexus.Dashboard.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        return JsonNode.Parse(body)!;
    }

    public static HttpRequestMessage Api(HttpMethod method, string path) => new(method, path) { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };

    /// <summary>A message of about 40 prompt tokens by the estimate.</summary>
    public static HttpRequestMessage Message(int input, int output, int maxTokens, int delayMs = 0, string host = "one.example", string path = "/v1/messages", bool stream = false)
    {
        var body = $$"""{"model":"claude-opus-5","max_tokens":{{maxTokens}},"stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"{{input}} {{output}} {{delayMs}}"}]}""";
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Host = host;
        request.Headers.TryAddWithoutValidation("x-api-key", "sk-ant-own");
        return request;
    }

    public static async Task<(int Status, string Body, HttpResponseMessage Response)> SendAsync(this NexusApp nexus, HttpRequestMessage message)
    {
        using (message)
        {
            var response = await nexus.Proxy.SendAsync(message);
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response);
        }
    }

    /// <summary>Waits until requests go by a limit, and a hard budget of somebody who is named has been read or granted.</summary>
    public static async Task GoesByAsync(this NexusApp nexus, string limit)
    {
        var book = nexus.Services.GetRequiredService<LimitBook>();
        await NexusApp.UntilAsync(
            () => Task.FromResult(book.InForce.Any(known => known.Id == limit) && book.Gates.Where(gate => gate.Limit.Id == limit).All(gate => gate.Limit is { Amount: null } or { Hard: false } || gate.View() is { Free: > 0 } or { Used: > 0 })),
            $"requests go by {limit}");
    }

    public static async Task<T?> ScalarAsync<T>(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }
}
