using Nexus.Web.Capture;
using Nexus.Web.Credentials;

namespace Nexus.Web.Proxy.Pooling;

/// <summary>A failed answer, as far as it came in time, that was kept from the caller while another account was asked.</summary>
/// <param name="Headers">As the caller would have got them; without a length where not all came.</param>
/// <param name="Upstream">As the upstream sent them, for the journal.</param>
internal sealed record HeldAnswer(Account Account, int Status, IReadOnlyList<KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues>> Headers, IReadOnlyList<HeaderLine> Upstream, byte[] Body)
{
    /// <summary>More of an error than this is not held.</summary>
    public const int Most = 64 * 1024;

    /// <summary>Answers with it, as if it had just come.</summary>
    public async Task ReplayAsync(HttpContext context, ProxiedRequest request)
    {
        var response = context.Response;
        response.Clear();
        response.StatusCode = Status;
        foreach (var (name, values) in Headers)
            response.Headers[name] = values;
        response.Headers["x-nexus-request-id"] = request.Id.ToString();
        request.UpstreamStatus = Status;
        request.ResponseBytes += Body.Length;
        request.AnswerIsWhole = true;
        if (request.Recorder is { } recorder)
        {
            recorder.Answered(new AnswerMetadata(Status, Upstream, recorder.ElapsedMicros, Account.Id));
            recorder.Received(Body);
            recorder.End(new EndMetadata(Outcome.UpstreamError, recorder.ElapsedMicros, request.RequestBytes(context), request.ResponseBytes, Attempts: request.Attempts?.Done));
        }

        if (Body.Length > 0 && !HttpMethods.IsHead(context.Request.Method))
            await response.Body.WriteAsync(Body, context.RequestAborted);
    }
}
