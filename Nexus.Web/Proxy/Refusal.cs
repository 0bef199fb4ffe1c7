using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Nexus.Web.Access;
using Nexus.Web.Operations.Metrics;

namespace Nexus.Web.Proxy;

/// <summary>An answer of Nexus's own, in Anthropic's error envelope.</summary>
/// <param name="Type">Anthropic's error type.</param>
/// <param name="Message">What is wrong and what to do.</param>
/// <param name="RetryAfterSeconds">Only where the time is known or an honest guess.</param>
/// <param name="ShouldRetry">False tells Anthropic's SDKs not to try again.</param>
/// <param name="CloseConnection">The caller's next request needs another connection.</param>
internal sealed record Refusal(int Status, string Type, string Message, int? RetryAfterSeconds = null, bool? ShouldRetry = null, bool CloseConnection = false)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Refusal Overloaded(string message) => new(StatusCodes.Status503ServiceUnavailable, "overloaded_error", message, RetryAfterSeconds: 2);

    public static Refusal NotFound(string path) =>
        new(StatusCodes.Status404NotFound, "not_found_error", $"There is nothing at {path}. The API is under /v1 on the proxy's port; the dashboard has a port of its own.");

    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(denial))]
    public static Refusal? Of(Denial? denial) => denial is null ? null : new(denial.Status, denial.Type, denial.Message, denial.RetryAfterSeconds, denial.ShouldRetry);

    /// <summary>Writes the answer; does nothing when one has begun.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        if (context.Response.HasStarted)
            return;
        var id = context.Features.Get<ProxiedRequest>()?.Id.ToString();
        context.RequestServices.GetRequiredService<RequestMetrics>().Refused(Status, Type);
        context.Response.Clear();
        if (CloseConnection)
            context.Response.Headers.Connection = "close";
        context.Response.StatusCode = Status;
        context.Response.ContentType = "application/json";
        if (id is not null)
            context.Response.Headers["x-nexus-request-id"] = id;
        if (RetryAfterSeconds is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (ShouldRetry is { } retry)
            context.Response.Headers["x-should-retry"] = retry ? "true" : "false";
        if (Status == StatusCodes.Status401Unauthorized)
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"Nexus\"";
        var body = Body(id);
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(body);
    }

    private byte[] Body(string? id)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Plain))
        {
            json.WriteStartObject();
            json.WriteString("type", "error");
            json.WriteStartObject("error");
            json.WriteString("type", Type);
            json.WriteString("message", Message);
            json.WriteEndObject();
            json.WriteString("request_id", id);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }
}
