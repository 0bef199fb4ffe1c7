using Nexus.Web.Storage;
using NpgsqlTypes;

namespace Nexus.Web.Capture;

/// <summary>A column of a COPY: its name, type and value.</summary>
internal sealed record CopyColumn<T>(string Name, NpgsqlDbType Type, Func<T, object?> Value);

internal static class LedgerColumns
{
    public static CopyColumn<LedgerRow>[] Requests { get; } =
    [
        new("started_at", NpgsqlDbType.TimestampTz, row => row.StartedAt),
        new("id", NpgsqlDbType.Uuid, row => row.Id),
        new("domain", NpgsqlDbType.Text, row => row.Domain),
        new("method", NpgsqlDbType.Text, row => row.Method),
        new("path", NpgsqlDbType.Text, row => row.Path),
        new("outcome", NpgsqlDbType.Text, row => row.Outcome),
        new("status", NpgsqlDbType.Smallint, row => row.Status),
        new("account_id", NpgsqlDbType.Text, row => row.AccountId),
        new("key_id", NpgsqlDbType.Text, row => row.KeyId),
        new("owner", NpgsqlDbType.Text, row => row.Owner),
        new("model_requested", NpgsqlDbType.Text, row => row.ModelRequested),
        new("model_served", NpgsqlDbType.Text, row => row.ModelServed),
        new("request_type", NpgsqlDbType.Text, row => row.RequestType),
        new("lane", NpgsqlDbType.Text, row => row.Lane),
        new("streaming", NpgsqlDbType.Boolean, row => row.Streaming),
        new("input_tokens", NpgsqlDbType.Bigint, row => row.InputTokens),
        new("output_tokens", NpgsqlDbType.Bigint, row => row.OutputTokens),
        new("cache_creation_5m_tokens", NpgsqlDbType.Bigint, row => row.CacheCreation5mTokens),
        new("cache_creation_1h_tokens", NpgsqlDbType.Bigint, row => row.CacheCreation1hTokens),
        new("cache_read_tokens", NpgsqlDbType.Bigint, row => row.CacheReadTokens),
        new("estimated_output_tokens", NpgsqlDbType.Bigint, row => row.EstimatedOutputTokens),
        new("iterations", NpgsqlDbType.Jsonb, row => row.Iterations),
        new("cost_micros", NpgsqlDbType.Bigint, row => row.CostMicros),
        new("price_version", NpgsqlDbType.Integer, row => row.PriceVersion),
        new("cost_estimate", NpgsqlDbType.Text, row => row.CostEstimate),
        new("cache_savings_micros", NpgsqlDbType.Bigint, row => row.CacheSavingsMicros),
        new("rate_limit_status", NpgsqlDbType.Text, row => row.RateLimitStatus),
        new("policy", NpgsqlDbType.Jsonb, row => row.Policy),
        new("first_byte_ms", NpgsqlDbType.Integer, row => row.FirstByteMs),
        new("first_token_ms", NpgsqlDbType.Integer, row => row.FirstTokenMs),
        new("duration_ms", NpgsqlDbType.Integer, row => row.DurationMs),
        new("tool_calls", NpgsqlDbType.Integer, row => row.ToolCalls),
        new("stop_reason", NpgsqlDbType.Text, row => row.StopReason),
        new("message_count", NpgsqlDbType.Integer, row => row.MessageCount),
        new("session_id", NpgsqlDbType.Text, row => row.SessionId),
        new("agent_id", NpgsqlDbType.Text, row => row.AgentId),
        new("parent_agent_id", NpgsqlDbType.Text, row => row.ParentAgentId),
        new("client", NpgsqlDbType.Text, row => row.Client),
        new("upstream_request_id", NpgsqlDbType.Text, row => row.UpstreamRequestId),
        new("message_id", NpgsqlDbType.Text, row => row.MessageId),
        new("body_hash", NpgsqlDbType.Bytea, row => row.BodyHash),
        new("request_bytes", NpgsqlDbType.Bigint, row => row.RequestBytes),
        new("response_bytes", NpgsqlDbType.Bigint, row => row.ResponseBytes),
        new("error_type", NpgsqlDbType.Text, row => row.ErrorType),
        new("error_message", NpgsqlDbType.Text, row => row.ErrorMessage),
        new("payload", NpgsqlDbType.Text, row => row.Payload),
    ];

    public static CopyColumn<PayloadRow>[] Payloads { get; } =
    [
        new("started_at", NpgsqlDbType.TimestampTz, row => row.StartedAt),
        new("id", NpgsqlDbType.Uuid, row => row.Id),
        new("base_id", NpgsqlDbType.Uuid, row => row.BaseId),
        new("prefix_kept", NpgsqlDbType.Integer, row => row.PrefixKept),
        new("parts", NpgsqlDbType.Bytea, row => row.Parts),
        new("request_headers", NpgsqlDbType.Bytea, row => row.RequestHeaders),
        new("response_headers", NpgsqlDbType.Bytea, row => row.ResponseHeaders),
        new("response", NpgsqlDbType.Bytea, row => row.Response),
        new("arrivals", NpgsqlDbType.Bytea, row => row.Arrivals),
        new("message", NpgsqlDbType.Bytea, row => row.Message),
    ];

    public static CopyColumn<PartRow>[] Parts { get; } =
    [
        new("hash", NpgsqlDbType.Bytea, row => row.Hash),
        new("data", NpgsqlDbType.Bytea, row => row.Data),
        new("size", NpgsqlDbType.Integer, row => row.Size),
        new("last_seen", NpgsqlDbType.Date, row => row.LastSeen),
    ];

    public static CopyColumn<UsageRow>[] Usage { get; } =
    [
        new("bucket", NpgsqlDbType.TimestampTz, row => row.Bucket),
        new("domain", NpgsqlDbType.Text, row => row.Domain),
        new("account_id", NpgsqlDbType.Text, row => row.AccountId),
        new("key_id", NpgsqlDbType.Text, row => row.KeyId),
        new("owner", NpgsqlDbType.Text, row => row.Owner),
        new("model", NpgsqlDbType.Text, row => row.Model),
        new("request_type", NpgsqlDbType.Text, row => row.RequestType),
        new("lane", NpgsqlDbType.Text, row => row.Lane),
        new("requests", NpgsqlDbType.Bigint, row => row.Requests),
        new("errors", NpgsqlDbType.Bigint, row => row.Errors),
        new("input_tokens", NpgsqlDbType.Bigint, row => row.InputTokens),
        new("output_tokens", NpgsqlDbType.Bigint, row => row.OutputTokens),
        new("cache_creation_5m_tokens", NpgsqlDbType.Bigint, row => row.CacheCreation5mTokens),
        new("cache_creation_1h_tokens", NpgsqlDbType.Bigint, row => row.CacheCreation1hTokens),
        new("cache_read_tokens", NpgsqlDbType.Bigint, row => row.CacheReadTokens),
        new("tool_calls", NpgsqlDbType.Bigint, row => row.ToolCalls),
        new("estimated_output_tokens", NpgsqlDbType.Bigint, row => row.EstimatedOutputTokens),
        new("cost_micros", NpgsqlDbType.Bigint, row => row.CostMicros),
        new("estimated_cost_micros", NpgsqlDbType.Bigint, row => row.EstimatedCostMicros),
        new("cache_savings_micros", NpgsqlDbType.Bigint, row => row.CacheSavingsMicros),
        new("unpriced_requests", NpgsqlDbType.Bigint, row => row.UnpricedRequests),
        new("rate_limit_warnings", NpgsqlDbType.Bigint, row => row.RateLimitWarnings),
        new("duration_ms", NpgsqlDbType.Bigint, row => row.DurationMs),
        new("duration_histogram", NpgsqlDbType.Array | NpgsqlDbType.Bigint, row => row.DurationHistogram),
        new("first_byte_histogram", NpgsqlDbType.Array | NpgsqlDbType.Bigint, row => row.FirstByteHistogram),
        new("last_request_at", NpgsqlDbType.TimestampTz, row => row.LastRequestAt),
    ];
}
