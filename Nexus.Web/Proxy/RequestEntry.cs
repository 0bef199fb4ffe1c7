using Nexus.Web.Operations.Logs;

namespace Nexus.Web.Proxy;

/// <summary>The first step on the proxy's port: an id for every request, the access log, and a refusal instead of any bare error.</summary>
internal sealed partial class RequestEntry(TimeProvider time, ILogger<RequestEntry> logger)
{
    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        var now = time.GetUtcNow();
        var startedAt = DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds());
        var request = new ProxiedRequest(Guid.CreateVersion7(startedAt), startedAt, time.GetTimestamp());
        context.Features.Set(request);
        context.Response.Headers["x-nexus-request-id"] = request.Id.ToString();
        LogScope.Current = new(LogScope.Proxy, request.Id);
        // Health checks come every few seconds.
        var level = context.Request.Path.StartsWithSegments("/health") ? LogLevel.Debug : LogLevel.Information;
        Log.Incoming(logger, level, request.Id, context.Request.Method, context.Request.Path.Value);
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller left; there is nobody to answer.
        }
        catch (BadHttpRequestException error)
        {
            await new Refusal(error.StatusCode, "invalid_request_error", error.Message).WriteAsync(context);
        }
        catch (Exception error)
        {
            Log.Unhandled(logger, error, request.Id);
            await new Refusal(StatusCodes.Status500InternalServerError, "api_error", "The gateway failed. Its log has the reason under this request id.").WriteAsync(context);
        }
        finally
        {
            Log.Completed(logger, level, request.Id, request.Domain, context.Request.Method, context.Request.Path.Value, context.Response.StatusCode, (long)time.GetElapsedTime(request.ArrivalTimestamp).TotalMilliseconds);
        }
    }

    private static partial class Log
    {
        // The words stand for themselves and the facts are fields: nothing is formatted twice for each request.
        [LoggerMessage(EventName = "request_received", Message = "Incoming request")]
        public static partial void Incoming(ILogger logger, LogLevel level, Guid requestId, string method, string? path);

        [LoggerMessage(EventName = "request_completed", Message = "Request completed")]
        public static partial void Completed(ILogger logger, LogLevel level, Guid requestId, string domain, string method, string? path, int status, long durationMs);

        [LoggerMessage(EventName = "request_failed", Level = LogLevel.Error, Message = "Request {RequestId} failed in the gateway")]
        public static partial void Unhandled(ILogger logger, Exception error, Guid requestId);
    }
}
