using System.Diagnostics;
using Nexus.Web.Capture;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Metrics;

/// <summary>
/// A span for each stored request to a model, made afterwards from its ledger row with the times that it had: the request path
/// makes none. It joins the caller's trace where the request named one. Never content, keys or header values.
/// </summary>
internal sealed class RequestSpans : IDisposable
{
    private readonly ActivitySource _source = new(NexusMeter.Name);

    public void Dispose() => _source.Dispose();

    public void Stored(IReadOnlyList<AnalysedExchange> exchanges)
    {
        if (!_source.HasListeners())
            return;
        foreach (var exchange in exchanges)
            if (exchange.Row.Path == "/v1/messages")
                Stored(exchange.Row, exchange.TraceParent);
    }

    private void Stored(LedgerRow row, string? traceParent)
    {
        ActivityContext.TryParse(traceParent, null, isRemote: true, out var parent);
        using var span = _source.StartActivity("chat " + (row.ModelServed ?? row.ModelRequested), ActivityKind.Client, parent, Attributes(row), startTime: row.StartedAt);
        if (span is null)
            return;
        if (Outcomes.IsFailed(row.Outcome))
        {
            span.SetTag("error.type", row.ErrorType ?? row.Outcome);
            span.SetStatus(ActivityStatusCode.Error, row.Outcome);
        }

        if (row.FirstTokenMs is { } first)
            span.AddEvent(new("first token", row.StartedAt.AddMilliseconds(first)));
        span.SetEndTime(row.StartedAt.UtcDateTime.AddMilliseconds(row.DurationMs));
    }

    private static KeyValuePair<string, object?>[] Attributes(LedgerRow row) =>
    [
        new("gen_ai.operation.name", "chat"),
        new("gen_ai.provider.name", "anthropic"),
        new("gen_ai.request.model", row.ModelRequested),
        new("gen_ai.response.model", row.ModelServed),
        new("gen_ai.response.id", row.MessageId),
        new("gen_ai.response.finish_reasons", row.StopReason is { } reason ? new[] { reason } : null),
        new("gen_ai.conversation.id", row.SessionId),
        new("gen_ai.usage.input_tokens", GenAi.InputTokens(row)),
        new("gen_ai.usage.output_tokens", row.OutputTokens),
        new("gen_ai.usage.cache_creation.input_tokens", row.CacheCreation5mTokens + row.CacheCreation1hTokens),
        new("gen_ai.usage.cache_read.input_tokens", row.CacheReadTokens),
        new("http.response.status_code", (int?)row.Status),
        new("nexus.request.id", row.Id.ToString()),
        new("nexus.domain", row.Domain),
        new("nexus.outcome", row.Outcome),
        new("nexus.request.type", row.RequestType),
        new("nexus.lane", row.Lane),
        new("nexus.tool_calls", row.ToolCalls),
    ];
}
