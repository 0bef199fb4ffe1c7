namespace Nexus.Web.Storage;

/// <summary>One request, narrow and typed (table <c>requests</c>, partitioned by month on <see cref="StartedAt"/>). Texts and headers live in the payload.</summary>
internal sealed class LedgerRow
{
    /// <summary>Whole milliseconds, UTC; equal to the time inside <see cref="Id"/>, so an id alone finds its partition.</summary>
    public required DateTimeOffset StartedAt { get; set; }

    /// <summary>UUIDv7; the answer's <c>x-nexus-request-id</c>.</summary>
    public required Guid Id { get; set; }

    public required string Domain { get; set; }
    public required string Method { get; set; }
    public required string Path { get; set; }

    /// <summary>As <see cref="Capture.Outcomes.ToText"/>.</summary>
    public required string Outcome { get; set; }

    /// <summary>HTTP status that the caller got; null when it got none.</summary>
    public short? Status { get; set; }

    public string? AccountId { get; set; }
    public string? KeyId { get; set; }
    public string? Owner { get; set; }
    public string? ModelRequested { get; set; }
    public string? ModelServed { get; set; }

    /// <summary><c>inference</c>, <c>query_evaluation</c>, <c>quota</c> or <c>internal_operation</c> (spec §3.1); null off <c>/v1/messages</c>.</summary>
    public string? RequestType { get; set; }

    /// <summary><c>main</c>, <c>subagent</c>, <c>title</c>, <c>web_search</c>, <c>classifier</c>, <c>side_question</c>, <c>compaction</c>, <c>analysis</c>, <c>count</c> or <c>other</c>.</summary>
    public required string Lane { get; set; }

    public bool Streaming { get; set; }
    public long InputTokens { get; set; }
    public long OutputTokens { get; set; }

    /// <summary>Cache writes kept for five minutes (<c>usage.cache_creation.ephemeral_5m_input_tokens</c>).</summary>
    public long CacheCreation5mTokens { get; set; }

    /// <summary>Cache writes kept for an hour (<c>ephemeral_1h_input_tokens</c>).</summary>
    public long CacheCreation1hTokens { get; set; }

    public long CacheReadTokens { get; set; }

    /// <summary>Output tokens that a broken-off stream seems to have had beyond what it reported; they are billed, and marked as an estimate.</summary>
    public long EstimatedOutputTokens { get; set; }

    /// <summary>
    /// Attempts that are billed one by one (<c>usage.iterations</c>), as a JSON array of model and token classes; null when the
    /// row's own model and tokens are what is billed.
    /// </summary>
    public string? Iterations { get; set; }

    /// <summary>Millionths of a US dollar; null where nothing is billed.</summary>
    public long? CostMicros { get; set; }

    /// <summary>The <see cref="PriceListRow"/> that made the cost.</summary>
    public int? PriceVersion { get; set; }

    /// <summary>Why the cost is an estimate: <c>unpriced</c> (no price for the model, costed at the fallback), <c>aborted</c> (the stream broke off), <c>unpriced,aborted</c>; null when it is exact.</summary>
    public string? CostEstimate { get; set; }

    /// <summary>What reading from the cache saved less what writing to it cost beyond plain input, in millionths of a US dollar.</summary>
    public long CacheSavingsMicros { get; set; }

    /// <summary>The answer's <c>anthropic-ratelimit-unified-status</c>: <c>allowed</c>, <c>allowed_warning</c> or <c>rejected</c>.</summary>
    public string? RateLimitStatus { get; set; }

    /// <summary>What the limits decided about this request, with their numbers (JSON); null when none applied.</summary>
    public string? Policy { get; set; }

    public int? FirstByteMs { get; set; }
    public int? FirstTokenMs { get; set; }
    public int DurationMs { get; set; }
    public int ToolCalls { get; set; }
    public string? StopReason { get; set; }
    public int MessageCount { get; set; }

    /// <summary>The <see cref="ConversationRow"/>; null for a request that is a conversation by itself, and for what is in none.</summary>
    public Guid? ConversationId { get; set; }

    /// <summary>Null on the main line, <c>side</c> beside it, else a <see cref="ConversationBranchRow"/>'s name.</summary>
    public string? BranchId { get; set; }

    /// <summary>The request whose history this one goes on with, or whose answer launched it.</summary>
    public Guid? ParentId { get; set; }

    /// <summary>The earlier request that this one repeats.</summary>
    public Guid? AttemptOf { get; set; }

    /// <summary>The chain of its canonical blocks (<see cref="Conversations.BlockChain"/>); null when it is in no conversation.</summary>
    public long? PrefixHash { get; set; }

    /// <summary>The chain with its answer; null when it was not needed or not kept.</summary>
    public long? AnswerHash { get; set; }

    /// <summary>Where the request before it ended, when that has not been seen.</summary>
    public long? MissingParent { get; set; }

    /// <summary>Hash of who sent it.</summary>
    public int? Person { get; set; }

    /// <summary>As the client sent it (<c>X-Claude-Code-Session-Id</c>, else <c>metadata.user_id</c>'s <c>session_id</c>).</summary>
    public string? SessionId { get; set; }

    public string? AgentId { get; set; }
    public string? ParentAgentId { get; set; }

    /// <summary>First product of the client's <c>User-Agent</c>, such as <c>claude-cli/2.1.330</c>.</summary>
    public string? Client { get; set; }

    /// <summary>Anthropic's <c>request-id</c>.</summary>
    public string? UpstreamRequestId { get; set; }

    /// <summary>The answer's <c>id</c> (<c>msg_…</c>); message threads continue from it.</summary>
    public string? MessageId { get; set; }

    /// <summary>First 16 bytes of the SHA-256 of the request body: the same in the same session is a retry.</summary>
    public byte[]? BodyHash { get; set; }

    public long RequestBytes { get; set; }
    public long ResponseBytes { get; set; }

    /// <summary>Anthropic's <c>error.type</c>, or Nexus's own for refusals.</summary>
    public string? ErrorType { get; set; }

    /// <summary>At most 200 characters.</summary>
    public string? ErrorMessage { get; set; }

    /// <summary><c>stored</c>, <c>redacted</c> (stored with secrets replaced), <c>shed</c> (journal past its limit) or <c>none</c> (not captured).</summary>
    public required string Payload { get; set; }
}
