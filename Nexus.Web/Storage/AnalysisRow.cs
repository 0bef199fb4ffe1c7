namespace Nexus.Web.Storage;

/// <summary>The analysis of a conversation along one of its branches (table <c>analyses</c>). Asked for again, it is the same row.</summary>
internal sealed class AnalysisRow
{
    public const string Pending = "pending";
    public const string Processing = "processing";
    public const string Completed = "completed";
    public const string Failed = "failed";

    public long Id { get; set; }

    public required Guid ConversationId { get; set; }

    public required string BranchId { get; set; }

    /// <summary>One of the four above.</summary>
    public required string Status { get; set; }

    /// <summary>The model that is asked.</summary>
    public required string Model { get; set; }

    /// <summary>Markdown; stays until the next result takes its place.</summary>
    public string? Content { get; set; }

    /// <summary>The same as JSON, as the schema of analyses has it.</summary>
    public string? Data { get; set; }

    /// <summary>What went wrong last, and the next step; null when nothing did.</summary>
    public string? Error { get; set; }

    /// <summary>The asker's own instruction.</summary>
    public string? CustomPrompt { get; set; }

    /// <summary>Begun since it was asked for.</summary>
    public int Attempts { get; set; }

    /// <summary>Not begun before.</summary>
    public required DateTimeOffset NextAt { get; set; }

    /// <summary>Of the attempt under way: only who holds it writes a result.</summary>
    public Guid? Claim { get; set; }

    public string? ClaimedBy { get; set; }

    /// <summary>Prolonged while the attempt lives; after it anybody may take the analysis.</summary>
    public DateTimeOffset? ClaimedUntil { get; set; }

    public required string RequestedBy { get; set; }

    /// <summary>When it was asked for last.</summary>
    public required DateTimeOffset RequestedAt { get; set; }

    public required DateTimeOffset CreatedAt { get; set; }

    public required DateTimeOffset UpdatedAt { get; set; }

    public DateTimeOffset? CompletedAt { get; set; }

    /// <summary>Of the attempt that succeeded.</summary>
    public int? DurationMs { get; set; }

    /// <summary>Of all calls since it was asked for, with what went into and came from caches; and of those before while the ledger lacks some.</summary>
    public long PromptTokens { get; set; }

    public long CompletionTokens { get; set; }

    /// <summary>Micro-dollars, of the same calls; of one without an answer what it was expected to cost.</summary>
    public long CostMicros { get; set; }

    /// <summary>What it was expected to cost; counts against the budget until it is over.</summary>
    public long EstimatedMicros { get; set; }

    /// <summary>Ids of the calls in the ledger.</summary>
    public Guid[] Calls { get; set; } = [];

    /// <summary>The conversation's last request that the result knows of.</summary>
    public Guid? UpTo { get; set; }

    /// <summary>Messages that the result is made of, and those that did not fit.</summary>
    public int MessagesSent { get; set; }

    public int MessagesLeftOut { get; set; }
}
