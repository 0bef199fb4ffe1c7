using Nexus.Web.Capture;
using Nexus.Web.Storage;
using NpgsqlTypes;

namespace Nexus.Web.Conversations;

internal static class ConversationColumns
{
    public static CopyColumn<ConversationRow>[] Conversations { get; } =
    [
        CopyColumn<ConversationRow>.Value("id", NpgsqlDbType.Uuid, row => row.Id),
        CopyColumn<ConversationRow>.Reference("domain", NpgsqlDbType.Text, row => row.Domain),
        CopyColumn<ConversationRow>.Value("started_at", NpgsqlDbType.TimestampTz, row => row.StartedAt),
        CopyColumn<ConversationRow>.Value("last_at", NpgsqlDbType.TimestampTz, row => row.LastAt),
        CopyColumn<ConversationRow>.Value("last_hour", NpgsqlDbType.TimestampTz, row => row.LastHour),
        CopyColumn<ConversationRow>.Reference("title", NpgsqlDbType.Text, row => row.Title),
        CopyColumn<ConversationRow>.Reference("owners", NpgsqlDbType.Array | NpgsqlDbType.Text, row => row.Owners),
        CopyColumn<ConversationRow>.Reference("key_ids", NpgsqlDbType.Array | NpgsqlDbType.Text, row => row.KeyIds),
        CopyColumn<ConversationRow>.Reference("accounts", NpgsqlDbType.Array | NpgsqlDbType.Text, row => row.Accounts),
        CopyColumn<ConversationRow>.Reference("models", NpgsqlDbType.Array | NpgsqlDbType.Text, row => row.Models),
        CopyColumn<ConversationRow>.Optional("latest_id", NpgsqlDbType.Uuid, row => row.LatestId),
        CopyColumn<ConversationRow>.Optional("latest_at", NpgsqlDbType.TimestampTz, row => row.LatestAt),
        CopyColumn<ConversationRow>.Reference("latest_model", NpgsqlDbType.Text, row => row.LatestModel),
        CopyColumn<ConversationRow>.Value("context_tokens", NpgsqlDbType.Bigint, row => row.ContextTokens),
        CopyColumn<ConversationRow>.Value("requests", NpgsqlDbType.Integer, row => row.Requests),
        CopyColumn<ConversationRow>.Value("turns", NpgsqlDbType.Integer, row => row.Turns),
        CopyColumn<ConversationRow>.Value("tool_calls", NpgsqlDbType.Integer, row => row.ToolCalls),
        CopyColumn<ConversationRow>.Value("errors", NpgsqlDbType.Integer, row => row.Errors),
        CopyColumn<ConversationRow>.Value("subagents", NpgsqlDbType.Integer, row => row.Subagents),
        CopyColumn<ConversationRow>.Value("compactions", NpgsqlDbType.Integer, row => row.Compactions),
        CopyColumn<ConversationRow>.Value("forks", NpgsqlDbType.Integer, row => row.Forks),
        CopyColumn<ConversationRow>.Value("input_tokens", NpgsqlDbType.Bigint, row => row.InputTokens),
        CopyColumn<ConversationRow>.Value("output_tokens", NpgsqlDbType.Bigint, row => row.OutputTokens),
        CopyColumn<ConversationRow>.Value("cache_creation_5m_tokens", NpgsqlDbType.Bigint, row => row.CacheCreation5mTokens),
        CopyColumn<ConversationRow>.Value("cache_creation_1h_tokens", NpgsqlDbType.Bigint, row => row.CacheCreation1hTokens),
        CopyColumn<ConversationRow>.Value("cache_read_tokens", NpgsqlDbType.Bigint, row => row.CacheReadTokens),
        CopyColumn<ConversationRow>.Value("cost_micros", NpgsqlDbType.Bigint, row => row.CostMicros),
        CopyColumn<ConversationRow>.Value("duration_ms", NpgsqlDbType.Bigint, row => row.DurationMs),
    ];

    public static CopyColumn<ConversationBranchRow>[] Branches { get; } =
    [
        CopyColumn<ConversationBranchRow>.Value("conversation_id", NpgsqlDbType.Uuid, row => row.ConversationId),
        CopyColumn<ConversationBranchRow>.Reference("name", NpgsqlDbType.Text, row => row.Name),
        CopyColumn<ConversationBranchRow>.Value("started_at", NpgsqlDbType.TimestampTz, row => row.StartedAt),
        CopyColumn<ConversationBranchRow>.Value("last_at", NpgsqlDbType.TimestampTz, row => row.LastAt),
        CopyColumn<ConversationBranchRow>.Value("requests", NpgsqlDbType.Integer, row => row.Requests),
        CopyColumn<ConversationBranchRow>.Value("tool_calls", NpgsqlDbType.Integer, row => row.ToolCalls),
        CopyColumn<ConversationBranchRow>.Value("errors", NpgsqlDbType.Integer, row => row.Errors),
        CopyColumn<ConversationBranchRow>.Value("input_tokens", NpgsqlDbType.Bigint, row => row.InputTokens),
        CopyColumn<ConversationBranchRow>.Value("output_tokens", NpgsqlDbType.Bigint, row => row.OutputTokens),
        CopyColumn<ConversationBranchRow>.Value("cache_creation_5m_tokens", NpgsqlDbType.Bigint, row => row.CacheCreation5mTokens),
        CopyColumn<ConversationBranchRow>.Value("cache_creation_1h_tokens", NpgsqlDbType.Bigint, row => row.CacheCreation1hTokens),
        CopyColumn<ConversationBranchRow>.Value("cache_read_tokens", NpgsqlDbType.Bigint, row => row.CacheReadTokens),
        CopyColumn<ConversationBranchRow>.Value("cost_micros", NpgsqlDbType.Bigint, row => row.CostMicros),
    ];
}
