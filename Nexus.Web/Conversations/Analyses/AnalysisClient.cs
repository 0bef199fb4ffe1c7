using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.Options;
using Nexus.Web.Access.Keys;
using Nexus.Web.Listening;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>A model's answer.</summary>
/// <param name="RequestId">In the ledger.</param>
internal sealed record ModelAnswer(Guid RequestId, JsonObject Message);

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
        _client = new(OwnAddress.Handler(certificate)) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = LongestAnswer };
    }

    /// <exception cref="AnalysisFailedException">There is no answer.</exception>
    public async Task<ModelAnswer> AskAsync(string domain, byte[] body, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(_options.RequestTimeoutMs), _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            using var request = Request(domain, body);
            using var answer = await _client.SendAsync(request, either.Token);
            var text = await answer.Content.ReadAsStringAsync(either.Token);
            var json = Parse(text);
            if (!answer.IsSuccessStatusCode)
                throw Refused(domain, answer, (json?["error"] as JsonObject)?["message"]?.ToString() ?? "");
            return json is not null && Guid.TryParse(answer.Headers.TryGetValues("x-nexus-request-id", out var ids) ? ids.First() : null, out var id)
                ? new(id, json)
                : throw new AnalysisFailedException("The answer was no message of Claude's API. It is tried again.", mayPass: true);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new AnalysisFailedException(string.Create(CultureInfo.InvariantCulture, $"{_options.Model} did not answer within {_options.RequestTimeoutMs / 1000.0:0.#} s. AI_ANALYSIS_REQUEST_TIMEOUT_MS can be raised, or AI_MAX_PROMPT_TOKENS lowered."), mayPass: true);
        }
        catch (HttpRequestException error)
        {
            throw new AnalysisFailedException($"Nexus's own proxy port did not answer: {error.Message}. Look at the page Health.", mayPass: true);
        }
    }

    public void Dispose() => _client.Dispose();

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
        var words = message.Length == 0 ? $"status {status}" : message.Length <= LongestWords ? message : message[..LongestWords] + "…";
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

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
