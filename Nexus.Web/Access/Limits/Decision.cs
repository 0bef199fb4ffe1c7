namespace Nexus.Web.Access.Limits;

internal enum Verdict
{
    Allowed,

    /// <summary>The budget is used up.</summary>
    Budget,

    /// <summary>What is left of the budget is held by requests in flight or by other nodes: a moment later it may not be.</summary>
    Held,

    /// <summary>Requests, tokens or streams at a time.</summary>
    Rate,
}

/// <summary>What a request asks of its limits.</summary>
/// <param name="Nodes">Nodes that enforce limits.</param>
/// <param name="Away">The database has not answered for so long that leases have lapsed.</param>
internal readonly record struct Admission(DateTimeOffset At, Estimate Estimate, bool Stream, int Nodes, bool Away);

/// <summary>What a limit says of a request, with the numbers it went by. Amounts are in the limit's unit.</summary>
internal readonly record struct Decision(Verdict Verdict, LimitGate Gate)
{
    public bool Allowed => Verdict == Verdict.Allowed;

    /// <summary><c>requests</c>, <c>tokens</c> or <c>streams</c> of a rate.</summary>
    public string? What { get; init; }

    /// <summary>The budget; of a rate, its number.</summary>
    public long Budget { get; init; }

    public long Used { get; init; }

    /// <summary>By requests in flight on this node, before this one.</summary>
    public long Reserved { get; init; }

    /// <summary>What this request reserves.</summary>
    public long Reserve { get; init; }

    public Period Period { get; init; }

    /// <summary>Seconds; null when waiting does not help.</summary>
    public int? RetryAfter { get; init; }
}

/// <summary>A request's reservation at one gate.</summary>
internal readonly record struct Passage(LimitGate Gate, DateTimeOffset PeriodStart, long Micros, long Tokens, long PromptTokens);

/// <summary>A request's reservations, held until its true cost is in the ledger.</summary>
internal sealed class Reservation(Passage[] passages, bool stream)
{
    private int _streamEnded;
    private int _over;

    /// <summary><see cref="TimeProvider.GetTimestamp"/> of the answer's end; 0 while it runs.</summary>
    public long EndedAt { get; private set; }

    public void Ended(long timestamp)
    {
        if (Interlocked.Exchange(ref _streamEnded, 1) != 0)
            return;
        EndedAt = timestamp;
        if (stream)
            foreach (var passage in passages)
                passage.Gate.StreamEnded();
    }

    public void Settle(long micros, long tokens)
    {
        if (Interlocked.Exchange(ref _over, 1) == 0)
            foreach (var passage in passages)
                passage.Gate.Settle(passage, micros, tokens);
    }
}
