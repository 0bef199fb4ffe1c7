using System.Diagnostics;
using System.Diagnostics.Metrics;
using Nexus.Web.Capture;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Metrics;

/// <summary>
/// What requests were, used and cost, counted when ingest has stored them: there tokens are known, a replay counts nothing
/// twice, and the request path pays nothing. Names that begin with gen_ai are OpenTelemetry's conventions for generative AI.
/// </summary>
internal sealed class RequestMetrics
{
    private const int MostDomains = 50;
    private const int MostModels = 60;
    private const int MostErrors = 30;

    private readonly BoundedNames _domains = new(MostDomains);
    private readonly BoundedNames _models = new(MostModels);
    private readonly BoundedNames _errors = new(MostErrors);
    private readonly TimeProvider _time;
    private readonly Histogram<long> _usage;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstToken;
    private readonly Histogram<double> _perToken;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _tokens;
    private readonly Counter<double> _cost;
    private readonly Histogram<double> _lag;
    private readonly Counter<double> _linking;
    private readonly Counter<long> _refusals;
    private long _failures;
    private long _poison;

    public RequestMetrics(NexusMeter meter, TimeProvider time)
    {
        _time = time;
        var own = meter.Meter;
        _usage = own.CreateHistogram("gen_ai.client.token.usage", "{token}", "Tokens of a request by kind; input includes what the cache gave and took.", advice: Buckets<long>(1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864));
        _duration = own.CreateHistogram("gen_ai.client.operation.duration", "s", "From a request's arrival to the last byte of its answer.", advice: Buckets(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92));
        _firstToken = own.CreateHistogram("gen_ai.server.time_to_first_token", "s", "From a streamed request's arrival to its first token.", advice: Buckets(0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 30, 60));
        _perToken = own.CreateHistogram("gen_ai.server.time_per_output_token", "s", "From one token to the next after the first.", advice: Buckets(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5));
        _requests = own.CreateCounter<long>("nexus.requests", "{request}", "Requests that the ledger took, by how they ended.");
        _tokens = own.CreateCounter<long>("nexus.tokens", "{token}", "Tokens by Anthropic's classes.");
        _cost = own.CreateCounter<double>("nexus.cost", "{dollar}", "What requests cost, in US dollars, by the price list in force when they were stored.");
        _lag = own.CreateHistogram("nexus.ingest.lag", "s", "From a request's end until the database has it.", advice: Buckets(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200));
        _linking = own.CreateCounter<double>("nexus.ingest.linking", "s", "Time that ingest took to find requests' places in conversations.");
        _refusals = own.CreateCounter<long>("nexus.refusals", "{request}", "Answers of Nexus's own in place of the upstream's.");
        // Told from the start, as 0: what has never happened yet must not be missing from a rule.
        own.CreateObservableCounter("nexus.ingest.failures", () => Interlocked.Read(ref _failures), "{batch}", "Batches that could not be stored and were read again.");
        own.CreateObservableCounter("nexus.ingest.without_payload", () => Interlocked.Read(ref _poison), "{request}", "Requests stored without their payload because it could not be taken apart or the database refused it.");
    }

    public void Stored(IReadOnlyList<AnalysedExchange> exchanges)
    {
        var now = _time.GetUtcNow();
        foreach (var exchange in exchanges)
            Stored(exchange.Row, now);
    }

    public void Linked(TimeSpan took) => _linking.Add(took.TotalSeconds);

    public void BatchFailed() => Interlocked.Increment(ref _failures);

    public void StoredWithoutPayload() => Interlocked.Increment(ref _poison);

    /// <param name="type">One of Nexus's own error types.</param>
    public void Refused(int status, string type) => _refusals.Add(1, new("status", status), new("error_type", type));

    private void Stored(LedgerRow row, DateTimeOffset now)
    {
        var earned = row.Outcome == "completed";
        var domain = _domains.Of(row.Domain, earned);
        var model = _models.Of(row.ModelServed ?? row.ModelRequested, earned && row.ModelServed is not null);
        _requests.Add(1, new TagList { { "domain", domain }, { "model", model }, { "type", row.RequestType ?? "none" }, { "outcome", row.Outcome } });
        _lag.Record(Math.Max(0, (now - row.StartedAt).TotalSeconds - (row.DurationMs / 1000.0)));
        var tokens = new TokenTags(domain, model);
        Count(tokens, "input", row.InputTokens);
        Count(tokens, "output", row.OutputTokens);
        Count(tokens, "cache_creation_5m", row.CacheCreation5mTokens);
        Count(tokens, "cache_creation_1h", row.CacheCreation1hTokens);
        Count(tokens, "cache_read", row.CacheReadTokens);
        if (row.CostMicros is { } cost)
            _cost.Add(cost / 1_000_000.0, new("domain", domain), new("model", model));
        // Counting tokens, lists of models and the like generate nothing.
        if (row.Path == "/v1/messages" && row.Outcome != "refused")
            Generated(row, domain, _models.Of(row.ModelRequested, earned), model);
    }

    private void Generated(LedgerRow row, string domain, string asked, string served)
    {
        var tags = GenAi.Tags(domain, asked, served);
        var ended = tags;
        if (Outcomes.IsFailed(row.Outcome))
            ended.Add("error.type", _errors.Of(row.ErrorType ?? row.Outcome, earned: true));
        _duration.Record(row.DurationMs / 1000.0, ended);
        if (row.OutputTokens == 0 && row.InputTokens == 0)
            return;
        var (input, output) = (tags, tags);
        input.Add(GenAi.TokenType, "input");
        output.Add(GenAi.TokenType, "output");
        _usage.Record(GenAi.InputTokens(row), input);
        _usage.Record(row.OutputTokens, output);
        if (row.FirstTokenMs is not { } first)
            return;
        _firstToken.Record(first / 1000.0, tags);
        if (row.OutputTokens > 1 && row.DurationMs > first)
            _perToken.Record((row.DurationMs - first) / 1000.0 / (row.OutputTokens - 1), tags);
    }

    private void Count(TokenTags tags, string kind, long tokens)
    {
        if (tokens > 0)
            _tokens.Add(tokens, new("domain", tags.Domain), new("model", tags.Model), new("class", kind));
    }

    private static InstrumentAdvice<double> Buckets(params double[] boundaries) => new() { HistogramBucketBoundaries = boundaries };

    private static InstrumentAdvice<T> Buckets<T>(params T[] boundaries)
        where T : struct => new() { HistogramBucketBoundaries = boundaries };

    private readonly record struct TokenTags(string Domain, string Model);
}
