using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Nexus.Bench.Upstream;

/// <summary>
/// Anthropic's API as far as a gateway sees it: messages (JSON and streamed), count_tokens, models, errors, delays, cuts.
/// </summary>
/// <param name="choose">Plans the answer to a body; null leaves it to the request's own instructions.</param>
internal sealed class SimulatedAnthropic(Func<ReadOnlyMemory<byte>, Plan?>? choose = null)
{
    private static readonly string[] Models = ["claude-opus-5-20260801", "claude-sonnet-5", "claude-haiku-4-5-20251001"];

    public static async Task<WebApplication> StartAsync(int port, Func<ReadOnlyMemory<byte>, Plan?>? choose = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        var app = builder.Build();
        app.Run(new SimulatedAnthropic(choose).AnswerAsync);
        await app.StartAsync();
        return app;
    }

    public static string AddressOf(WebApplication app) => app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    private Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Headers.TryGetValue(LoadEndpoint.Ask, out var how))
            return LoadEndpoint.AnswerAsync(context, how.ToString());
        return (context.Request.Method, context.Request.Path.Value) switch
        {
            ("POST", "/v1/messages") => MessageAsync(context),
            ("POST", "/v1/messages/count_tokens") => CountAsync(context),
            ("GET", "/v1/models") => JsonAsync(context, 200, new() { ["data"] = new JsonArray([.. Models.Select(Model)]), ["has_more"] = false, ["first_id"] = Models[0], ["last_id"] = Models[^1] }),
            ("GET", { } path) when path.StartsWith("/v1/models/", StringComparison.Ordinal) && Models.Contains(path[11..]) => JsonAsync(context, 200, Model(path[11..])),
            _ => ErrorAsync(context, 404, "not_found_error", "Not found"),
        };
    }

    private async Task MessageAsync(HttpContext context)
    {
        var body = await ReadAsync(context);
        if (Parse(body) is not { } request || request["model"]?.GetValue<string>() is not { } model)
        {
            await ErrorAsync(context, 400, "invalid_request_error", "model: Field required");
            return;
        }

        var asked = context.Request.Headers["x-simulate"].ToString();
        var plan = choose?.Invoke(body) ?? new Instructions(asked.Length > 0 || !model.StartsWith("simulate:", StringComparison.Ordinal) ? asked : model[9..]).Plan(model, body.Length);
        await Task.Delay(plan.First, context.RequestAborted);
        if (plan.Status != 200)
        {
            if (plan.RetryAfter is { } seconds)
                context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            await ErrorAsync(context, plan.Status, plan.ErrorType, plan.ErrorMessage);
        }
        else if (request["stream"]?.GetValue<bool>() == true)
        {
            await StreamAsync(context, plan);
        }
        else if (plan.Fault == Fault.None)
        {
            await JsonAsync(context, 200, JsonAnswer.Message(plan));
        }
        else
        {
            await FailAsync(context, plan);
        }
    }

    private static async Task StreamAsync(HttpContext context, Plan plan)
    {
        ApiHeaders.Write(context.Response, Ids.New("req_011"));
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        var sent = 0;
        foreach (var item in EventStream.Events(plan))
        {
            if (plan.Fault != Fault.None && sent == plan.FaultAt)
            {
                await FailAsync(context, plan);
                return;
            }

            if (sent++ > 0 && plan.Gap > TimeSpan.Zero)
                await Task.Delay(plan.Gap, context.RequestAborted);
            await context.Response.Body.WriteAsync(item, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    private static async Task FailAsync(HttpContext context, Plan plan)
    {
        switch (plan.Fault)
        {
            case Fault.Stall:
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
                break;
            case Fault.ErrorEvent:
                await context.Response.Body.WriteAsync(EventStream.Event("error", new() { ["error"] = new JsonObject { ["type"] = "overloaded_error", ["message"] = "Overloaded" } }));
                break;
            default:
                // Kestrel then closes without the last chunk. A reset could overtake the events before the cut.
                throw new IOException("Cut, as asked.");
        }
    }

    private static async Task CountAsync(HttpContext context)
    {
        var body = await ReadAsync(context);
        await JsonAsync(context, 200, new() { ["input_tokens"] = Math.Max(1, body.Length / 4) });
    }

    private static JsonObject Model(string id) => new() { ["type"] = "model", ["id"] = id, ["display_name"] = id, ["created_at"] = "2026-08-01T00:00:00Z" };

    private static Task ErrorAsync(HttpContext context, int status, string type, string message)
    {
        var id = Ids.New("req_011");
        return JsonAsync(context, status, JsonAnswer.Error(type, message, id), id);
    }

    private static async Task JsonAsync(HttpContext context, int status, JsonObject body, string? requestId = null)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(body.ToJsonString());
        ApiHeaders.Write(context.Response, requestId ?? Ids.New("req_011"));
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes);
    }

    private static async Task<byte[]> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.ToArray();
    }

    private static JsonObject? Parse(byte[] body)
    {
        try
        {
            return JsonNode.Parse(body) as JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }
}
