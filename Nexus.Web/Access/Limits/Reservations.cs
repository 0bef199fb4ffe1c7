using System.Collections.Concurrent;
using Nexus.Web.Storage;

namespace Nexus.Web.Access.Limits;

/// <summary>What requests have reserved and not settled. They settle when their ledger rows, and with them the counters, are stored.</summary>
internal sealed class Reservations(TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, Reservation> _open = new();

    public int Count => _open.Count;

    public void Add(Guid id, Reservation reservation) => _open[id] = reservation;

    /// <summary>Rows that are in the ledger now; those stored by an earlier try settle just the same.</summary>
    public void Settle(IEnumerable<LedgerRow> rows)
    {
        if (_open.IsEmpty)
            return;
        foreach (var row in rows)
            if (_open.TryRemove(row.Id, out var reservation))
                reservation.Settle(row.CostMicros ?? 0, LimitCounters.TokensOf(row));
    }

    /// <summary>Gives back what requests reserved whose rows never came: the disk refused the journal's record.</summary>
    public void GiveUp(TimeSpan after)
    {
        foreach (var (id, reservation) in _open)
            if (reservation.EndedAt is var ended and not 0 && time.GetElapsedTime(ended) > after && _open.TryRemove(id, out _))
                reservation.Settle(0, 0);
    }
}
