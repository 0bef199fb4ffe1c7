using Nexus.Web.Storage;
using NpgsqlTypes;

namespace Nexus.Web.Capture;


internal static class LedgerColumns
{
    public static CopyColumn<LedgerRow>[] Requests { get; } =
    [
        CopyColumn<LedgerRow>.Value("started_at", NpgsqlDbType.TimestampTz, row => row.StartedAt),
        CopyColumn<LedgerRow>.Value("id", NpgsqlDbType.Uuid, row => row.Id),
        CopyColumn<LedgerRow>.Reference("domain", NpgsqlDbType.Text, row => row.Domain),
        CopyColumn<LedgerRow>.Reference("method", NpgsqlDbType.Text, row => row.Method),
        CopyColumn<LedgerRow>.Reference("path", NpgsqlDbType.Text, row => row.Path),
        CopyColumn<LedgerRow>.Reference("outcome", NpgsqlDbType.Text, row => row.Outcome),
        CopyColumn<LedgerRow>.Optional("status", NpgsqlDbType.Smallint, row => row.Status),
        CopyColumn<LedgerRow>.Reference("account_id", NpgsqlDbType.Text, row => row.AccountId),
        CopyColumn<LedgerRow>.Reference("key_id", NpgsqlDbType.Text, row => row.KeyId),
        CopyColumn<LedgerRow>.Reference("owner", NpgsqlDbType.Text, row => row.Owner),
        CopyColumn<LedgerRow>.Reference("model_requested", NpgsqlDbType.Text, row => row.ModelRequested),
        CopyColumn<LedgerRow>.Reference("model_served", NpgsqlDbType.Text, row => row.ModelServed),
        CopyColumn<LedgerRow>.Reference("request_type", NpgsqlDbType.Text, row => row.RequestType),
        CopyColumn<LedgerRow>.Reference("lane", NpgsqlDbType.Text, row => row.Lane),
        CopyColumn<LedgerRow>.Value("streaming", NpgsqlDbType.Boolean, row => row.Streaming),
        CopyColumn<LedgerRow>.Value("input_tokens", NpgsqlDbType.Bigint, row => row.InputTokens),
        CopyColumn<LedgerRow>.Value("output_tokens", NpgsqlDbType.Bigint, row => row.OutputTokens),
        CopyColumn<LedgerRow>.Value("cache_creation_5m_tokens", NpgsqlDbType.Bigint, row => row.CacheCreation5mTokens),
        CopyColumn<LedgerRow>.Value("cache_creation_1h_tokens", NpgsqlDbType.Bigint, row => row.CacheCreation1hTokens),
        CopyColumn<LedgerRow>.Value("cache_read_tokens", NpgsqlDbType.Bigint, row => row.CacheReadTokens),
        CopyColumn<LedgerRow>.Value("estimated_output_tokens", NpgsqlDbType.Bigint, row => row.EstimatedOutputTokens),
        CopyColumn<LedgerRow>.Reference("iterations", NpgsqlDbType.Jsonb, row => row.Iterations),
        CopyColumn<LedgerRow>.Optional("cost_micros", NpgsqlDbType.Bigint, row => row.CostMicros),
        CopyColumn<LedgerRow>.Optional("price_version", NpgsqlDbType.Integer, row => row.PriceVersion),
        CopyColumn<LedgerRow>.Reference("cost_estimate", NpgsqlDbType.Text, row => row.CostEstimate),
        CopyColumn<LedgerRow>.Value("cache_savings_micros", NpgsqlDbType.Bigint, row => row.CacheSavingsMicros),
        CopyColumn<LedgerRow>.Reference("rate_limit_status", NpgsqlDbType.Text, row => row.RateLimitStatus),
        CopyColumn<LedgerRow>.Reference("policy", NpgsqlDbType.Jsonb, row => row.Policy),
        CopyColumn<LedgerRow>.Optional("first_byte_ms", NpgsqlDbType.Integer, row => row.FirstByteMs),
        CopyColumn<LedgerRow>.Optional("first_token_ms", NpgsqlDbType.Integer, row => row.FirstTokenMs),
        CopyColumn<LedgerRow>.Value("duration_ms", NpgsqlDbType.Integer, row => row.DurationMs),
        CopyColumn<LedgerRow>.Value("tool_calls", NpgsqlDbType.Integer, row => row.ToolCalls),
        CopyColumn<LedgerRow>.Reference("stop_reason", NpgsqlDbType.Text, row => row.StopReason),
        CopyColumn<LedgerRow>.Value("message_count", NpgsqlDbType.Integer, row => row.MessageCount),
        CopyColumn<LedgerRow>.Optional("conversation_id", NpgsqlDbType.Uuid, row => row.ConversationId),
        CopyColumn<LedgerRow>.Reference("branch_id", NpgsqlDbType.Text, row => row.BranchId),
        CopyColumn<LedgerRow>.Optional("parent_id", NpgsqlDbType.Uuid, row => row.ParentId),
        CopyColumn<LedgerRow>.Optional("attempt_of", NpgsqlDbType.Uuid, row => row.AttemptOf),
        CopyColumn<LedgerRow>.Optional("prefix_hash", NpgsqlDbType.Bigint, row => row.PrefixHash),
        CopyColumn<LedgerRow>.Optional("answer_hash", NpgsqlDbType.Bigint, row => row.AnswerHash),
        CopyColumn<LedgerRow>.Optional("missing_parent", NpgsqlDbType.Bigint, row => row.MissingParent),
        CopyColumn<LedgerRow>.Optional("person", NpgsqlDbType.Integer, row => row.Person),
        CopyColumn<LedgerRow>.Reference("session_id", NpgsqlDbType.Text, row => row.SessionId),
        CopyColumn<LedgerRow>.Reference("agent_id", NpgsqlDbType.Text, row => row.AgentId),
        CopyColumn<LedgerRow>.Reference("parent_agent_id", NpgsqlDbType.Text, row => row.ParentAgentId),
        CopyColumn<LedgerRow>.Reference("client", NpgsqlDbType.Text, row => row.Client),
        CopyColumn<LedgerRow>.Reference("upstream_request_id", NpgsqlDbType.Text, row => row.UpstreamRequestId),
        CopyColumn<LedgerRow>.Reference("message_id", NpgsqlDbType.Text, row => row.MessageId),
        CopyColumn<LedgerRow>.Reference("body_hash", NpgsqlDbType.Bytea, row => row.BodyHash),
        CopyColumn<LedgerRow>.Value("request_bytes", NpgsqlDbType.Bigint, row => row.RequestBytes),
        CopyColumn<LedgerRow>.Value("response_bytes", NpgsqlDbType.Bigint, row => row.ResponseBytes),
        CopyColumn<LedgerRow>.Reference("error_type", NpgsqlDbType.Text, row => row.ErrorType),
        CopyColumn<LedgerRow>.Reference("error_message", NpgsqlDbType.Text, row => row.ErrorMessage),
        CopyColumn<LedgerRow>.Reference("payload", NpgsqlDbType.Text, row => row.Payload),
    ];

    public static CopyColumn<PayloadRow>[] Payloads { get; } =
    [
        CopyColumn<PayloadRow>.Value("started_at", NpgsqlDbType.TimestampTz, row => row.StartedAt),
        CopyColumn<PayloadRow>.Value("id", NpgsqlDbType.Uuid, row => row.Id),
        CopyColumn<PayloadRow>.Optional("base_id", NpgsqlDbType.Uuid, row => row.BaseId),
        CopyColumn<PayloadRow>.Value("prefix_kept", NpgsqlDbType.Integer, row => row.PrefixKept),
        CopyColumn<PayloadRow>.Reference("parts", NpgsqlDbType.Bytea, row => row.Parts),
        CopyColumn<PayloadRow>.Reference("request_headers", NpgsqlDbType.Bytea, row => row.RequestHeaders),
        CopyColumn<PayloadRow>.Reference("response_headers", NpgsqlDbType.Bytea, row => row.ResponseHeaders),
        CopyColumn<PayloadRow>.Reference("response", NpgsqlDbType.Bytea, row => row.Response),
        CopyColumn<PayloadRow>.Reference("arrivals", NpgsqlDbType.Bytea, row => row.Arrivals),
    ];

    public static CopyColumn<PartRow>[] Parts { get; } =
    [
        CopyColumn<PartRow>.Reference("hash", NpgsqlDbType.Bytea, row => row.Hash),
        CopyColumn<PartRow>.Reference("data", NpgsqlDbType.Bytea, row => row.Data),
        CopyColumn<PartRow>.Value("size", NpgsqlDbType.Integer, row => row.Size),
        CopyColumn<PartRow>.Value("last_seen", NpgsqlDbType.Date, row => row.LastSeen),
    ];

    public static CopyColumn<FineUsageRow>[] Usage { get; } =
    [
        CopyColumn<FineUsageRow>.Value("bucket", NpgsqlDbType.TimestampTz, row => row.Bucket),
        CopyColumn<FineUsageRow>.Reference("domain", NpgsqlDbType.Text, row => row.Domain),
        CopyColumn<FineUsageRow>.Reference("account_id", NpgsqlDbType.Text, row => row.AccountId),
        CopyColumn<FineUsageRow>.Reference("key_id", NpgsqlDbType.Text, row => row.KeyId),
        CopyColumn<FineUsageRow>.Reference("owner", NpgsqlDbType.Text, row => row.Owner),
        CopyColumn<FineUsageRow>.Reference("model", NpgsqlDbType.Text, row => row.Model),
        CopyColumn<FineUsageRow>.Reference("request_type", NpgsqlDbType.Text, row => row.RequestType),
        CopyColumn<FineUsageRow>.Reference("lane", NpgsqlDbType.Text, row => row.Lane),
        CopyColumn<FineUsageRow>.Value("requests", NpgsqlDbType.Bigint, row => row.Requests),
        CopyColumn<FineUsageRow>.Value("errors", NpgsqlDbType.Bigint, row => row.Errors),
        CopyColumn<FineUsageRow>.Value("input_tokens", NpgsqlDbType.Bigint, row => row.InputTokens),
        CopyColumn<FineUsageRow>.Value("output_tokens", NpgsqlDbType.Bigint, row => row.OutputTokens),
        CopyColumn<FineUsageRow>.Value("cache_creation_5m_tokens", NpgsqlDbType.Bigint, row => row.CacheCreation5mTokens),
        CopyColumn<FineUsageRow>.Value("cache_creation_1h_tokens", NpgsqlDbType.Bigint, row => row.CacheCreation1hTokens),
        CopyColumn<FineUsageRow>.Value("cache_read_tokens", NpgsqlDbType.Bigint, row => row.CacheReadTokens),
        CopyColumn<FineUsageRow>.Value("tool_calls", NpgsqlDbType.Bigint, row => row.ToolCalls),
        CopyColumn<FineUsageRow>.Value("estimated_output_tokens", NpgsqlDbType.Bigint, row => row.EstimatedOutputTokens),
        CopyColumn<FineUsageRow>.Value("cost_micros", NpgsqlDbType.Bigint, row => row.CostMicros),
        CopyColumn<FineUsageRow>.Value("estimated_cost_micros", NpgsqlDbType.Bigint, row => row.EstimatedCostMicros),
        CopyColumn<FineUsageRow>.Value("cache_savings_micros", NpgsqlDbType.Bigint, row => row.CacheSavingsMicros),
        CopyColumn<FineUsageRow>.Value("unpriced_requests", NpgsqlDbType.Bigint, row => row.UnpricedRequests),
        CopyColumn<FineUsageRow>.Value("rate_limit_warnings", NpgsqlDbType.Bigint, row => row.RateLimitWarnings),
        CopyColumn<FineUsageRow>.Value("duration_ms", NpgsqlDbType.Bigint, row => row.DurationMs),
        CopyColumn<FineUsageRow>.Reference("duration_histogram", NpgsqlDbType.Array | NpgsqlDbType.Bigint, row => row.DurationHistogram),
        CopyColumn<FineUsageRow>.Reference("first_byte_histogram", NpgsqlDbType.Array | NpgsqlDbType.Bigint, row => row.FirstByteHistogram),
        CopyColumn<FineUsageRow>.Value("last_request_at", NpgsqlDbType.TimestampTz, row => row.LastRequestAt),
    ];
}
