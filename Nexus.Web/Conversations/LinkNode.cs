using Nexus.Web.Storage;

namespace Nexus.Web.Conversations;

/// <summary>A request as linking sees it.</summary>
internal sealed class LinkNode
{
    public required Guid Id { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string Domain { get; init; }
    public required string Lane { get; init; }
    public string? RequestType { get; init; }
    public string? Session { get; init; }
    public string? Agent { get; init; }
    public string? ParentAgent { get; init; }
    public int Person { get; init; }
    public byte[]? BodyHash { get; init; }

    /// <summary>The answer came whole; of several attempts, one of them.</summary>
    public bool Completed { get; set; }

    public long? Prefix { get; set; }
    public long? Answer { get; set; }

    public Guid? Conversation { get; set; }
    public string? Branch { get; set; }
    public Guid? Parent { get; set; }

    /// <summary>The earlier request that this one repeats: both are one node of the tree.</summary>
    public Guid? AttemptOf { get; set; }

    /// <summary>Where the request before it ended, which has not been seen.</summary>
    public long? Missing { get; set; }

    /// <summary>How the database has it; null when it does not have it yet.</summary>
    public LinkPlace? Stored { get; init; }

    public LinkPlace Place => new(Conversation, Branch, Parent, AttemptOf, Missing);

    /// <summary>What is kept beside the main line. A title or a search outside of a session has no line to be kept beside.</summary>
    public bool IsSide => Lane is "compaction" or "side_question" || (Session is not null && (Lane is not ("main" or "subagent") || RequestType is "quota" or "internal_operation"));

    public static LinkNode Of(LedgerRow row, LinkEvidence evidence) => new()
    {
        Id = row.Id,
        At = row.StartedAt,
        Domain = row.Domain,
        Lane = row.Lane,
        RequestType = row.RequestType,
        Session = row.SessionId,
        Agent = row.AgentId,
        ParentAgent = row.ParentAgentId,
        Person = evidence.Person,
        BodyHash = row.BodyHash,
        Completed = row.Outcome == "completed" && row.Status is null or < 400,
        Prefix = evidence.End,
    };

    /// <summary>Earlier by arrival; of two at the same millisecond, by id.</summary>
    public bool IsBefore(LinkNode other) => Compare(this, other) < 0;

    public static int Compare(LinkNode one, LinkNode other) => one.At != other.At ? one.At.CompareTo(other.At) : one.Id.CompareTo(other.Id);
}

/// <summary>The columns of a request that linking decides.</summary>
internal sealed record LinkPlace(Guid? Conversation, string? Branch, Guid? Parent, Guid? AttemptOf, long? Missing);
