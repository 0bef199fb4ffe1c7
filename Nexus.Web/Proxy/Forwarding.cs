using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Nexus.Web.Access;
using Nexus.Web.Access.Keys;
using Nexus.Web.Access.Limits;
using Nexus.Web.Capture;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Proxy.Pooling;
using Yarp.ReverseProxy.Forwarder;

namespace Nexus.Web.Proxy;

/// <summary>The steps of the request path in YARP's pipeline: domain, body, access, start record, then YARP, then how it ended.</summary>
internal sealed partial class Forwarding(
    BodyBuffering bodies,
    CallerResolver callers,
    LimitPolicy limits,
    InFlightRequests inFlight,
    UnknownCallers unknown,
    Draining draining,
    Recording recording,
    Paying paying,
    Failover failover,
    IOptions<ProxyOptions> options,
    ILogger<Forwarding> logger)
{
    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        var request = ProxiedRequest.Of(context);
        if (Admit(context, request) is { } refusal)
        {
            await refusal.WriteAsync(context);
            return;
        }

        inFlight.Add(request, context.Request);
        try
        {
            if ((await TakeBodyAsync(context, request) ?? Limit(context, request) ?? await PayAsync(context, request)) is { } unfit)
            {
                await unfit.WriteAsync(context);
                return;
            }

            request.Recorder = Record(context, request, request.Body?.Bytes ?? default);
            await (request.Pool is null ? next(context) : failover.SendAsync(context, request, next));
            if (request.Pool is null && context.GetForwarderErrorFeature() is not null)
                await failover.AgainAsync(context, request, next);
            await FinishAsync(context, request);
        }
        finally
        {
            // Whatever went wrong above, the exchange has an end; where it has one already, this counts for nothing.
            request.Recorder?.End(End(context, request, request.IsInterrupted ? Outcome.Interrupted : Outcome.UpstreamCut, "The gateway failed while forwarding."));
            request.PayWith(null);
            inFlight.Remove(request);
            limits.Over(request.Reservation, recorded: request.Recorder is not null);
            request.Body?.Dispose();
        }
    }

    private Refusal? Admit(HttpContext context, ProxiedRequest request)
    {
        if (draining.IsDraining)
            return Refusal.Overloaded("This gateway is shutting down. Try again in a moment.") with { CloseConnection = true };
        // The header itself: Request.Host takes punycode apart, and throws at what is none.
        if (RequestDomain.From(context.Request.Headers.Host.ToString()) is not { } domain)
            return new(StatusCodes.Status400BadRequest, "invalid_request_error", "The Host header does not name a host.");
        request.Domain = domain;
        var (caller, denial) = callers.Resolve(domain, context.Request.Headers, context.Connection.RemoteIpAddress);
        if (denial is not null)
        {
            unknown.Count();
            return Refusal.Of(denial);
        }

        request.Caller = caller;
        return null;
    }

    /// <summary>Reads the body where it must be read whole. A caller that is known by now gets its ledger row also where that fails.</summary>
    private async Task<Refusal?> TakeBodyAsync(HttpContext context, ProxiedRequest request)
    {
        var key = request.Caller?.Key;
        if (!BodyBuffering.Applies(context.Request))
            return key is not null && Refusal.Of(ModelGate.Judge(key, context.Request)) is { } unseen ? Refused(context, request, unseen, Outcome.Refused) : null;
        var outcome = Outcome.Refused;
        Refusal? refusal = null;
        try
        {
            refusal = await bodies.ReadAsync(context, request);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            outcome = request.IsInterrupted ? Outcome.Interrupted : Outcome.ClientAborted;
            refusal = new((error as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest, "invalid_request_error", "The request body ended before it was complete, or is not framed as HTTP demands.", CloseConnection: true);
        }

        if (refusal is not null)
            return Refused(context, request, refusal, outcome);
        request.Model = ModelPeek.Read(request.Body!.Bytes.Span);
        return key is not null && Refusal.Of(ModelGate.Judge(key, context.Request, request.Body.Bytes.Span)) is { } foreign ? Refused(context, request, foreign, outcome) : null;
    }

    private Refusal Refused(HttpContext context, ProxiedRequest request, Refusal refusal, Outcome outcome)
    {
        Record(context, request, default)
            ?.End(End(context, request, outcome, refusal.Message) with { Status = outcome == Outcome.Refused ? refusal.Status : null, ErrorType = outcome == Outcome.Refused ? refusal.Type : null });
        return refusal;
    }

    /// <summary>Reserves from the caller's budgets, or says which of its limits stands in the way; that is a row of the ledger, too.</summary>
    private Refusal? Limit(HttpContext context, ProxiedRequest request)
    {
        if (!LimitPolicy.AppliesTo(context.Request) || recording.Skips(request.Domain))
            return null;
        var result = limits.Admit(request.Id, request.Caller!, request.StartedAt, request.Model, request.Body is { } body ? body.Bytes.Span : default, recorded: recording.IsOn);
        (request.Policy, request.Reservation) = (result.Policy, result.Reservation);
        return result.Refusal is { } refused
            ? Refused(context, request, new(refused.Status, refused.Type, refused.Message, refused.RetryAfterSeconds, refused.ShouldRetry), Outcome.Refused)
            : null;
    }

    /// <summary>Finds the account that pays, or says why none can; that is a row of the ledger, too.</summary>
    private async ValueTask<Refusal?> PayAsync(HttpContext context, ProxiedRequest request) =>
        await paying.AssignAsync(context, request) is { } refusal ? Refused(context, request, refusal, Outcome.Refused) : null;

    /// <summary>Names how the exchange ended, and answers where the upstream did not.</summary>
    private async Task FinishAsync(HttpContext context, ProxiedRequest request)
    {
        var failure = context.GetForwarderErrorFeature();
        if (failure is null)
        {
            request.Recorder?.End(End(context, request, request.UpstreamStatus >= 400 ? Outcome.UpstreamError : Outcome.Completed, null));
            return;
        }

        var reason = failure.Exception?.GetBaseException().Message;
        var (outcome, refusal) = Judge(context, request, failure, reason);
        request.Recorder?.End(End(context, request, outcome, outcome == Outcome.Completed ? null : reason ?? failure.Error.ToString()) with { Status = refusal is null || context.Response.HasStarted ? null : refusal.Status });
        // Whoever presses Esc leaves in the middle of an answer: nothing for an operator to look at.
        Log.Failed(logger, outcome == Outcome.ClientAborted ? LogLevel.Information : LogLevel.Warning, request.Id, outcome, failure.Error, reason ?? "");
        if (refusal is not null)
            await refusal.WriteAsync(context);
    }

    private (Outcome Outcome, Refusal? Refusal) Judge(HttpContext context, ProxiedRequest request, IForwarderErrorFeature failure, string? reason)
    {
        if (request.AnswerIsWhole)
            return (request.UpstreamStatus >= 400 ? Outcome.UpstreamError : Outcome.Completed, null);
        if (request.IsInterrupted)
            return (Outcome.Interrupted, null);
        var error = failure.Error;
        // A broken answer makes YARP abort the caller's connection, so that abort says nothing about who left.
        if (error is ForwarderError.ResponseBodyDestination or ForwarderError.ResponseBodyCanceled or ForwarderError.ResponseBodyClient)
            return (request.BrokeFor != Side.Upstream ? Outcome.ClientAborted : IsCancellation(failure.Exception) ? Outcome.UpstreamTimeout : Outcome.UpstreamCut, null);
        if (context.RequestAborted.IsCancellationRequested)
            return (Outcome.ClientAborted, null);
        var upstream = (request.Account?.BaseUrl ?? options.Value.UpstreamBaseUrl).Host;
        return error switch
        {
            ForwarderError.ResponseHeaders when IsCancellation(failure.Exception) => Silent(upstream), // while its first event was waited for
            ForwarderError.RequestTimedOut or ForwarderError.RequestCanceled or ForwarderError.RequestBodyCanceled => Silent(upstream),
            ForwarderError.RequestBodyClient =>
                (Outcome.ClientAborted, new(StatusCodes.Status400BadRequest, "invalid_request_error", "The request body ended before it was complete.")),
            _ => (Outcome.UpstreamCut, new(StatusCodes.Status502BadGateway, "api_error", $"{upstream} could not be reached, or closed the connection before it answered: {reason ?? error.ToString()}")),
        };
    }

    private (Outcome, Refusal?) Silent(string upstream) => (Outcome.UpstreamTimeout, new(StatusCodes.Status504GatewayTimeout, "timeout_error", $"{upstream} was silent for {options.Value.IdleTimeoutMs / 1000} s (CLAUDE_API_TIMEOUT)."));

    /// <summary>Whether YARP itself gave up: a read that waits for the first byte of a chunk ends as a socket's error then.</summary>
    public static bool IsCancellation(Exception? error) =>
        error is OperationCanceledException || error?.GetBaseException() is OperationCanceledException or SocketException { SocketErrorCode: SocketError.OperationAborted };

    private ExchangeRecorder? Record(HttpContext context, ProxiedRequest request, ReadOnlyMemory<byte> body) =>
        recording.IsNeeded ? recording.Begin(request, Start(context, request), body) : null;

    private static StartMetadata Start(HttpContext context, ProxiedRequest request) => new(
        request.StartedAt,
        request.Domain,
        context.Request.Method,
        context.Request.Path.Value ?? "",
        context.Request.QueryString.Value ?? "",
        HeaderMask.Lines(context.Request.Headers),
        request.Account?.Id,
        request.Caller?.KeyId,
        request.Caller?.Key?.Owner,
        request.Model,
        context.Connection.RemoteIpAddress?.ToString(),
        CaptureLevel.Full,
        request.Policy);

    private static EndMetadata End(HttpContext context, ProxiedRequest request, Outcome outcome, string? error) =>
        new(outcome, request.Recorder?.ElapsedMicros ?? 0, request.RequestBytes(context), request.ResponseBytes, error, Attempts: request.Attempts?.Done);

    private static partial class Log
    {
        [LoggerMessage(EventName = "forwarding_failed", Message = "Request {RequestId} did not end well: {Outcome}, {Failure} {Reason}")]
        public static partial void Failed(ILogger logger, LogLevel level, Guid requestId, Outcome outcome, ForwarderError failure, string reason);
    }
}
