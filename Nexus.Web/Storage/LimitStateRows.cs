namespace Nexus.Web.Storage;

/// <summary>What a limit's subject has used in a period: the sum of its ledger rows (table <c>limit_counters</c>), written in the transaction that inserts them.</summary>
internal sealed class LimitCounterRow
{
    public required string LimitId { get; set; }

    /// <summary>The key, owner or domain; empty for all.</summary>
    public required string Subject { get; set; }

    public required DateTimeOffset PeriodStart { get; set; }
    public required DateTimeOffset PeriodEnd { get; set; }

    /// <summary>Millionths of a US dollar.</summary>
    public long Micros { get; set; }

    /// <summary>Input, output and cache writes.</summary>
    public long Tokens { get; set; }

    public long Requests { get; set; }

    /// <summary>Nodes that have not read since then do not know this counter.</summary>
    public DateTimeOffset CreatedAt { get; set; }
}

/// <summary>What one node claims of a budget, and what it has let through of the rates (table <c>limit_leases</c>).</summary>
internal sealed class LimitLeaseRow
{
    public required string LimitId { get; set; }
    public required string Subject { get; set; }
    public required Guid NodeId { get; set; }

    /// <summary>The period that <see cref="Amount"/> is of.</summary>
    public required DateTimeOffset PeriodStart { get; set; }

    /// <summary>Reserved by requests that are not in the ledger yet, and free to be reserved; in the limit's unit.</summary>
    public long Amount { get; set; }

    /// <summary>The reserved part.</summary>
    public long Reserved { get; set; }

    /// <summary>What a request lacked at this node; other nodes give back what they do not use.</summary>
    public long Wanted { get; set; }

    /// <summary>Requests let through since the node started; tokens likewise.</summary>
    public long Requests { get; set; }

    public long Tokens { get; set; }

    /// <summary>Streams open now.</summary>
    public int Streams { get; set; }
}

/// <summary>A node that enforces limits (table <c>limit_nodes</c>); one id per start.</summary>
internal sealed class LimitNodeRow
{
    public required Guid Id { get; set; }
    public required string Name { get; set; }
    public required DateTimeOffset SeenAt { get; set; }
}

/// <summary>A threshold that was passed (table <c>limit_notices</c>): once per limit, subject, period and threshold.</summary>
internal sealed class LimitNoticeRow
{
    public required string LimitId { get; set; }
    public required string Subject { get; set; }
    public required DateTimeOffset PeriodStart { get; set; }

    /// <summary>Per cent of the budget.</summary>
    public required int Threshold { get; set; }

    public required DateTimeOffset At { get; set; }

    /// <summary>Used when it was passed, in the limit's unit.</summary>
    public long Used { get; set; }

    public long Budget { get; set; }
}

/// <summary>An hour whose ledger rows have changed since ledger, rollups and counters were last compared (table <c>usage_changed_hours</c>).</summary>
internal sealed class ChangedHourRow
{
    public required DateTimeOffset Hour { get; set; }
}
