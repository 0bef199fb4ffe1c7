namespace Nexus.Web.Storage;

/// <summary>
/// What is known of a conversation without looking at its requests (table <c>conversations</c>), kept by ingest with each of them. A request
/// without a session that nothing goes on from has no row here: it is its own conversation, by its ledger row's id.
/// </summary>
internal sealed class ConversationRow
{
    /// <summary>Of the request that it began with.</summary>
    public required Guid Id { get; set; }

    public required string Domain { get; set; }

    /// <summary>Arrival of the earliest request.</summary>
    public required DateTimeOffset StartedAt { get; set; }

    /// <summary>Arrival of the latest request.</summary>
    public required DateTimeOffset LastAt { get; set; }

    /// <summary>The hour of <see cref="LastAt"/>: what the list is ordered by. The turns of one hour then change no index.</summary>
    public required DateTimeOffset LastHour { get; set; }

    /// <summary>The first words a person typed; null when none are kept.</summary>
    public string? Title { get; set; }

    public required string[] Owners { get; set; }
    public required string[] KeyIds { get; set; }
    public required string[] Accounts { get; set; }
    public required string[] Models { get; set; }

    /// <summary>The latest request of the main line.</summary>
    public Guid? LatestId { get; set; }

    public DateTimeOffset? LatestAt { get; set; }
    public string? LatestModel { get; set; }

    /// <summary>Tokens that the latest answered request of the main line put into the context.</summary>
    public long ContextTokens { get; set; }

    public int Requests { get; set; }

    /// <summary>Requests that are no side calls and no repetitions.</summary>
    public int Turns { get; set; }

    public int ToolCalls { get; set; }
    public int Errors { get; set; }
    public int Subagents { get; set; }
    public int Compactions { get; set; }

    /// <summary>Of people's making: forks, and other ways taken from an earlier point.</summary>
    public int Forks { get; set; }

    public long InputTokens { get; set; }
    public long OutputTokens { get; set; }
    public long CacheCreation5mTokens { get; set; }
    public long CacheCreation1hTokens { get; set; }
    public long CacheReadTokens { get; set; }
    public long CostMicros { get; set; }

    /// <summary>Sum over its requests.</summary>
    public long DurationMs { get; set; }
}

/// <summary>
/// A branch beside the main line (table <c>conversation_branches</c>), or <c>side</c>: the calls kept beside it. What is on the main
/// line is what is in none of these.
/// </summary>
internal sealed class ConversationBranchRow
{
    public required Guid ConversationId { get; set; }
    public required string Name { get; set; }
    public required DateTimeOffset StartedAt { get; set; }
    public required DateTimeOffset LastAt { get; set; }
    public int Requests { get; set; }
    public int ToolCalls { get; set; }
    public int Errors { get; set; }
    public long InputTokens { get; set; }
    public long OutputTokens { get; set; }
    public long CacheCreation5mTokens { get; set; }
    public long CacheCreation1hTokens { get; set; }
    public long CacheReadTokens { get; set; }
    public long CostMicros { get; set; }
}

/// <summary>The conversation that a client's session is in (table <c>conversation_sessions</c>).</summary>
internal sealed class ConversationSessionRow
{
    public required string Domain { get; set; }
    public required string SessionId { get; set; }
    public required Guid ConversationId { get; set; }
}

/// <summary>Something in an answer that a later request may show that it knows (table <c>conversation_hooks</c>): a subagent's prompt, a summary, a thread's message.</summary>
internal sealed class ConversationHookRow
{
    /// <summary>As <see cref="Conversations.Hook"/> has it.</summary>
    public required long Hash { get; set; }

    public required Guid RequestId { get; set; }
    public short Position { get; set; }

    /// <summary>The subagent's first request; null before it.</summary>
    public Guid? ClaimedBy { get; set; }
}

/// <summary>The words that people typed in a turn, to be searched (table <c>conversation_words</c>).</summary>
internal sealed class ConversationWordsRow
{
    public required Guid ConversationId { get; set; }
    public required Guid RequestId { get; set; }

    /// <summary>Lexemes without positions, of configuration <c>simple</c>.</summary>
    public required NpgsqlTypes.NpgsqlTsVector Words { get; set; }
}
