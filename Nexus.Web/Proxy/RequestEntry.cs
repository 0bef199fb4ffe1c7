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
        Log.Incoming(logger, request.Id, context.Request.Method, context.Request.Path.Value);
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
            Log.Completed(logger, request.Id, request.Domain, context.Request.Method, context.Request.Path.Value, context.Response.StatusCode, (long)time.GetElapsedTime(request.ArrivalTimestamp).TotalMilliseconds);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Incoming request {RequestId} {Method} {Path}")]
        public static partial void Incoming(ILogger logger, Guid requestId, string method, string? path);

        [LoggerMessage(LogLevel.Information, "Request completed {RequestId} {Domain} {Method} {Path} {Status} in {DurationMs} ms")]
        public static partial void Completed(ILogger logger, Guid requestId, string domain, string method, string? path, int status, long durationMs);

        [LoggerMessage(LogLevel.Error, "Request {RequestId} failed in the gateway")]
        public static partial void Unhandled(ILogger logger, Exception error, Guid requestId);
    }
}
