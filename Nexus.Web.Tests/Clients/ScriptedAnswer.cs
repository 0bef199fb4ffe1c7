using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Nexus.Web.Tests.Clients;

/// <summary>Writes one answer in Anthropic's grammar and keeps the bytes that went out.</summary>
internal sealed class ScriptedAnswer(HttpContext context, Exchange exchange)
{
    /// <summary>Before a cut, so that the peer has what was sent: a reset may overtake it.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(500);

    public async Task JsonAsync(int status, JsonObject body, bool gzip = false, int? retryAfter = null)
    {
        var bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
        Head(status, "application/json");
        if (retryAfter is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (gzip)
        {
            using var packed = new MemoryStream();
            using (var zip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
                zip.Write(bytes);
            bytes = packed.ToArray();
            context.Response.Headers.ContentEncoding = "gzip";
        }

        context.Response.ContentLength = bytes.Length;
        await SendAsync(bytes);
    }

    public Task FailAsync(Failure failure)
    {
        exchange.Outcome = "upstream_error";
        return JsonAsync(failure.Status, ErrorBody(failure.Type, failure.Message), retryAfter: failure.RetryAfterSeconds);
    }

    public async Task MessageAsync(Turn turn)
    {
        if (turn.Ending is Ending.CutBeforeHeaders or Ending.ErrorEvent)
        {
            Cut();
            return;
        }

        var message = Message(turn.StopReason, 5 + exchange.Number, turn.Blocks);
        if (turn.Ending == Ending.Cut)
        {
            await BeginningAsync(message);
            return;
        }

        exchange.Tokens = (10 + exchange.Number, 5 + exchange.Number, 7, 100 + exchange.Number);
        await JsonAsync(200, message, turn.Gzip);
    }

    /// <summary>Half of a counted answer: neither the model nor the tokens can be read from it.</summary>
    private async Task BeginningAsync(JsonObject message)
    {
        var bytes = Encoding.UTF8.GetBytes(message.ToJsonString());
        exchange.ModelServed = null;
        Head(200, "application/json");
        context.Response.ContentLength = bytes.Length;
        await SendAsync(bytes[..20]);
        await Task.Delay(Settle);
        Cut();
    }

    public async Task StreamAsync(Turn turn)
    {
        if (turn.Ending == Ending.CutBeforeHeaders)
        {
            Cut();
            return;
        }

        Head(200, "text/event-stream; charset=utf-8");
        context.Response.Headers.CacheControl = "no-cache";
        if (turn.Gzip)
            context.Response.Headers.ContentEncoding = "gzip";
        using var packed = new MemoryStream();
        await using var zip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true);
        var events = EventStream.Of(Message(null, 1, []), turn, 5 + exchange.Number).ToList();
        var end = turn.Ending == Ending.Whole ? events.Count : events.Count / 2;
        exchange.Tokens = (10 + exchange.Number, turn.Ending == Ending.Whole ? 5 + exchange.Number : 1, 7, 100 + exchange.Number);
        foreach (var item in events[..end].Concat(turn.Ending == Ending.ErrorEvent ? [EventStream.Error(ErrorBody("overloaded_error", "Overloaded"))] : []))
        {
            var bytes = Encoding.UTF8.GetBytes(item);
            if (turn.Gzip)
                bytes = Packed(zip, packed, bytes);
            await SendAsync(bytes);
        }

        if (turn.Gzip)
        {
            await zip.DisposeAsync();
            await SendAsync(packed.ToArray());
        }

        exchange.Outcome = turn.Ending switch { Ending.ErrorEvent => "upstream_error", Ending.Cut => "upstream_cut", Ending.Stall => "client_aborted", _ => "completed" };
        if (turn.Ending == Ending.Stall)
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        if (turn.Ending != Ending.Cut)
            return;
        await Task.Delay(Settle);
        Cut();
    }

    private void Head(int status, string contentType)
    {
        exchange.Status = status;
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.Headers["request-id"] = exchange.RequestId;
        context.Response.Headers["anthropic-organization-id"] = "00000000-0000-4000-8000-000000000001";
        context.Response.Headers["anthropic-ratelimit-requests-remaining"] = "3999";
        context.Response.Headers["anthropic-ratelimit-unified-status"] = "allowed";
    }

    private async Task SendAsync(byte[] bytes)
    {
        exchange.Record(bytes);
        await context.Response.Body.WriteAsync(bytes);
        await context.Response.Body.FlushAsync();
    }

    private void Cut()
    {
        exchange.Outcome = "upstream_cut";
        context.Abort();
    }

    private static byte[] Packed(GZipStream zip, MemoryStream packed, byte[] bytes)
    {
        zip.Write(bytes);
        zip.Flush();
        var chunk = packed.ToArray();
        packed.SetLength(0);
        return chunk;
    }

    private JsonObject ErrorBody(string type, string message) => new()
    {
        ["type"] = "error",
        ["error"] = new JsonObject { ["type"] = type, ["message"] = message },
        ["request_id"] = exchange.RequestId,
    };

    private JsonObject Message(string? stopReason, int outputTokens, JsonObject[] content)
    {
        exchange.ModelServed = exchange.Model + "-20260801";
        return new()
        {
            ["id"] = $"msg_{exchange.Number:0000}",
            ["type"] = "message",
            ["role"] = "assistant",
            ["model"] = exchange.ModelServed,
            ["content"] = new JsonArray([.. content.Select(block => block.DeepClone())]),
            ["stop_reason"] = stopReason,
            ["stop_sequence"] = null,
            ["usage"] = new JsonObject
            {
                ["input_tokens"] = 10 + exchange.Number,
                ["cache_creation_input_tokens"] = 7,
                ["cache_creation"] = new JsonObject { ["ephemeral_5m_input_tokens"] = 3, ["ephemeral_1h_input_tokens"] = 4 },
                ["cache_read_input_tokens"] = 100 + exchange.Number,
                ["output_tokens"] = outputTokens,
            },
        };
    }
}
