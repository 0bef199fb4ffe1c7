using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Options;
using Nexus.Web.Access.Keys;
using Nexus.Web.Capture;
using Nexus.Web.Listening;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>Asks the model through Nexus's own proxy port, as any caller would: accounts, pools, budgets and the ledger see the call.</summary>
internal sealed class AnalysisClient : IDisposable
{
    private const int LongestAnswer = 4 << 20;
    private const int LongestWords = 300;
    private readonly HttpClient _client;
    private readonly IServer _server;
    private readonly OwnKey _key;
    private readonly AnalysisOptions _options;
    private readonly TimeProvider _time;

    public AnalysisClient(IServer server, TlsCertificate certificate, OwnKey key, IOptions<AnalysisOptions> options, TimeProvider time)
    {
        (_server, _key, _options, _time) = (server, key, options.Value, time);
        _client = new(OwnAddress.Handler(certificate)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <param name="call">Has what came, however this ends.</param>
    /// <exception cref="AnalysisFailedException">There is no whole answer.</exception>
    public async Task<JsonObject> AskAsync(string domain, byte[] body, ModelCall call, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(_options.RequestTimeoutMs), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            using var request = Request(domain, body);
            call.MayCost = true;
            using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            call.MayCost = answer.IsSuccessStatusCode;
            if (Guid.TryParse(answer.Headers.TryGetValues("x-nexus-request-id", out var ids) ? ids.First() : null, out var id))
                call.RequestId = id;
            return await ReadAsync(domain, answer, call, either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new AnalysisFailedException(string.Create(CultureInfo.InvariantCulture, $"{_options.Model} did not answer within {_options.RequestTimeoutMs / 1000.0:0.#} s. AI_ANALYSIS_REQUEST_TIMEOUT_MS can be raised, or AI_MAX_PROMPT_TOKENS lowered."), mayPass: true) { TimedOut = true };
        }
        catch (Exception error) when (error is IOException || (error is HttpRequestException && call.RequestId is not null))
        {
            throw new AnalysisFailedException("The answer broke off.", mayPass: true);
        }
        catch (HttpRequestException error)
        {
            call.MayCost = false;
            throw new AnalysisFailedException($"Nexus's own proxy port did not answer: {error.Message}. Look at the page Health.", mayPass: true);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<JsonObject> ReadAsync(string domain, HttpResponseMessage answer, ModelCall call, CancellationToken cancellation)
    {
        var stream = answer.Content.Headers.ContentType?.MediaType == "text/event-stream";
        using var whole = new MemoryStream();
        AssembledMessage come;
        try
        {
            await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
            var buffer = new byte[16 << 10];
            while (await body.ReadAsync(buffer, cancellation) is var read and > 0)
                if (whole.Length + read <= LongestAnswer)
                    whole.Write(buffer, 0, read);
                else
                    throw new AnalysisFailedException($"The answer is longer than {LongestAnswer} bytes. Set AI_ANALYSIS_MODEL to another model.");
        }
        finally
        {
            var bytes = whole.GetBuffer().AsMemory(0, (int)whole.Length);
            come = stream ? MessageAssembler.FromStream(bytes) : MessageAssembler.FromJson(bytes.Span);
            call.Message = come.Message;
        }

        if (!answer.IsSuccessStatusCode)
            throw Refused(domain, answer, come.ErrorMessage ?? "");
        if (come.ErrorType is not null)
            throw new AnalysisFailedException($"The upstream failed in the middle of its answer ({come.ErrorType}): {Words(come.ErrorMessage ?? "")}", mayPass: true);
        if (come is not { Message: { } message, Stopped: true } || call.RequestId is null)
            throw new AnalysisFailedException(stream ? "The answer broke off." : "The answer was no message of Claude's API.", mayPass: true);
        return message;
    }

    private static string Words(string message) => message.Length <= LongestWords ? message : message[..LongestWords] + "…";

    private HttpRequestMessage Request(string domain, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(OwnAddress.OfProxy(_server), "/v1/messages")) { Content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } } };
        request.Headers.Host = domain;
        request.Headers.Authorization = new("Bearer", _key.Secret);
        request.Headers.TryAddWithoutValidation("anthropic-version", "2023-06-01");
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("nexus-analysis", "1"));
        // A key of Nexus's making is the older system's setting: the paying domain says as much.
        if (_options.ApiKey.Length > 0 && !KeySecret.IsNexus(_options.ApiKey))
            request.Headers.TryAddWithoutValidation("x-api-key", _options.ApiKey);
        return request;
    }

    private AnalysisFailedException Refused(string domain, HttpResponseMessage answer, string message)
    {
        var status = (int)answer.StatusCode;
        var words = message.Length == 0 ? $"status {status}" : Words(message);
        var final = answer.Headers.TryGetValues("x-should-retry", out var should) && should.Contains("false");
        var after = answer.Headers.RetryAfter is { } wait ? wait.Delta ?? wait.Date - _time.GetUtcNow() : null;
        return status switch
        {
            401 or 403 => new($"The call was refused ({status}): {words} Analyses need a Claude account at '{domain}': look at the page Accounts, or set AI_ANALYSIS_DOMAIN or AI_ANALYSIS_API_KEY."),
            404 => new($"The account of '{domain}' has no model {_options.Model}: {words} Set AI_ANALYSIS_MODEL to one that it has."),
            429 when final => new($"A limit stands in the way: {words} Raise it on the page Budgets, or ask again later."),
            429 => new($"The account of '{domain}' is at its limit: {words}", mayPass: true, after),
            408 or 409 or >= 500 when !final => new($"The upstream failed ({status}): {words}", mayPass: true, after),
            413 or 400 => new($"The request was refused ({status}): {words} If it is too long, lower AI_MAX_PROMPT_TOKENS."),
            _ => new($"The call failed ({status}): {words}"),
        };
    }
}
