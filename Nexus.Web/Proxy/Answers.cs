using Microsoft.Extensions.Options;
using Nexus.Web.Capture;
using Nexus.Web.Credentials.Pool;

namespace Nexus.Web.Proxy;

/// <summary>What happens to an answer on its way back: it is recorded, and for a few kinds of it the caller gets a little else.</summary>
internal sealed class Answers(ResultsUrls results, IOptions<ProxyOptions> options, TimeProvider time)
{
    private readonly TimeSpan _silence = TimeSpan.FromSeconds(options.Value.SseKeepAliveSeconds);

    public async Task TakeAsync(HttpContext context, HttpResponseMessage answer, CancellationToken cancellation)
    {
        var request = ProxiedRequest.Of(context);
        request.ReleaseBody(context);
        request.UpstreamStatus = (int)answer.StatusCode;
        request.Attempts?.End(request.Account, time.GetElapsedTime(request.ArrivalTimestamp), request.UpstreamStatus, request.UpstreamStatus < 400 ? FailureScope.None : FailureScope.Upstream, null, []);
        var headersMicros = request.Recorder?.ElapsedMicros ?? 0;
        var rewritten = results.Applies(context.Request) ? await results.RewriteAsync(context.Request, answer, cancellation) : null;
        if (rewritten is not null)
            answer.Headers.TryAddWithoutValidation(ResultsUrls.Label, "results_url");
        context.Response.Headers["x-nexus-request-id"] = request.Id.ToString();
        // The gate of a pool has read them already.
        request.Recorder?.Answered(new AnswerMetadata((int)answer.StatusCode, rewritten is null && request.Pool?.Headers is { } headers ? headers : HeaderMask.Lines(answer), headersMicros, request.Pool is null ? null : request.Account?.Id));
        var tee = new AnswerTee(request, answer, request.RequestBytes(context), context.RequestAborted);
        var commented = _silence > TimeSpan.Zero && KeepAliveStream.Fits(answer);
        answer.Content = new TeeContent(answer.Content, tee);
        if (rewritten is not null)
            Replace(context, answer, rewritten);
        else if (commented)
            answer.Content = new StreamContent(new KeepAliveStream(await answer.Content.ReadAsStreamAsync(cancellation), tee, _silence, TimeSpan.FromMilliseconds(options.Value.IdleTimeoutMs), time));
    }

    private static void Replace(HttpContext context, HttpResponseMessage answer, byte[] rewritten)
    {
        answer.Content = new ReplacedContent(answer.Content, rewritten);
        context.Response.Headers[ResultsUrls.Label] = "results_url";
        context.Response.ContentLength = rewritten.Length;
    }
}
