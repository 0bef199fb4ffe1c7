using System.Collections.Concurrent;
using System.Collections.Frozen;
using Nexus.Web.Storage;

namespace Nexus.Web.Access.Limits;

/// <summary>The limits as this node last read them, and its gates. The request path reads it without waiting for anything.</summary>
internal sealed class LimitBook(LegacyLimits legacy, Database database, TimeProvider time) : IDisposable
{
    /// <summary>A node that has not reached the database for this long holds nothing any more; the others share it out a little later.</summary>
    public static readonly TimeSpan LeaseLife = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(string Limit, string Subject), LimitGate> _gates = new();
    private FrozenDictionary<(string Scope, string Subject), LimitRow[]> _index = Index(legacy.All);
    private readonly SemaphoreSlim _asked = new(0, 1);
    private long _readAt;
    private int _nodes = 1;
    private volatile bool _isRestored;

    /// <summary>False until the database has told the limits once.</summary>
    public bool Known => Volatile.Read(ref _readAt) != 0;

    /// <summary>Leases have lapsed: each node goes by what it last read.</summary>
    public bool Away => _isRestored || database.State.Condition == DatabaseCondition.Away || (Volatile.Read(ref _readAt) is var at and not 0 && time.GetElapsedTime(at) > LeaseLife);

    public int Nodes => Volatile.Read(ref _nodes);

    /// <summary>The limits that requests go by now: those of the last reading that is complete.</summary>
    public IEnumerable<LimitRow> InForce => Volatile.Read(ref _index).Values.SelectMany(limits => limits);

    public bool IsEmpty => Volatile.Read(ref _index).Count == 0;

    public ICollection<LimitGate> Gates => _gates.Values;

    /// <summary>The gates of everything that limits a caller.</summary>
    public void Find(Caller caller, DateTimeOffset at, List<LimitGate> into)
    {
        Add(("all", ""), "", at, into);
        Each("domain", caller.Domain, at, into);
        Each("key", caller.KeyId, at, into);
        Each("owner", caller.Key?.Owner, at, into);
    }

    /// <summary>The gate of a limit and subject; one that is new here has its credit.</summary>
    /// <param name="known">The database has said what was used: there is no credit then.</param>
    public LimitGate Gate(LimitRow limit, string subject, DateTimeOffset at, bool known = false) =>
        _gates.TryGetValue((limit.Id, subject), out var gate) ? gate : _gates.GetOrAdd((limit.Id, subject), static (key, made) =>
            new LimitGate(made.limit, key.Subject, made.limit.Amount is null ? default : Period.Of(made.limit, made.at), made.known ? 0 : LimitGate.CreditOf(made.limit, made.at, made.Nodes), made.time),
            (limit, at, known, Nodes, time));

    /// <summary>Brings the gates up to what was read; requests go by it from <see cref="Publish"/> on.</summary>
    public void Take(LimitsRead read, DateTimeOffset at)
    {
        var byId = Enabled(read).ToDictionary(limit => limit.Id);
        foreach (var (key, gate) in _gates)
            if (!byId.TryGetValue(key.Limit, out var limit) || gate.IsIdle(TimeSpan.FromHours(1)))
                _gates.TryRemove(KeyValuePair.Create(key, gate));
            else if (!gate.Redefine(limit, at))
                _gates[key] = new(limit, key.Subject, limit.Amount is null ? default : Period.Of(limit, at), 0, time);
        foreach (var counter in read.Counters)
            if (byId.TryGetValue(counter.LimitId, out var limit) && counter.PeriodStart <= at)
                Gate(limit, counter.Subject, at, known: true).Used(counter.PeriodStart, counter.Micros, counter.Tokens, at);
        // Who is named is waited for: a first request need not live on credit.
        foreach (var limit in byId.Values.Where(limit => limit.Subject != "*"))
            Gate(limit, limit.Subject, at);
        foreach (var ((id, subject), others) in read.Others)
            if (byId.TryGetValue(id, out var limit))
                Gate(limit, subject, at).Others(others.Requests, others.Tokens, others.Streams);
    }

    public void Publish(LimitsRead read)
    {
        _isRestored = false;
        Volatile.Write(ref _nodes, read.Nodes);
        Volatile.Write(ref _index, Index(Enabled(read)));
        Volatile.Write(ref _readAt, read.ReadAt);
    }

    /// <summary>Goes by what the last run read, without leases, until the database has been read.</summary>
    public void Restore(LimitsRead read, DateTimeOffset at)
    {
        Take(read, at);
        Publish(read);
        _isRestored = true;
    }

    private IEnumerable<LimitRow> Enabled(LimitsRead read) => read.Limits.Where(limit => limit.Enabled).Concat(legacy.All);

    /// <summary>Has the next beat come at once: a request lacked something.</summary>
    public void Ask()
    {
        try
        {
            if (_asked.CurrentCount == 0)
                _asked.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another request asked at the same moment.
        }
    }

    /// <summary>Waits for the time of the next beat, or until it is asked for.</summary>
    public Task NextBeatAsync(TimeSpan within, CancellationToken cancellation) => _asked.WaitAsync(within, cancellation);

    public void Dispose() => _asked.Dispose();

    private void Each(string scope, string? subject, DateTimeOffset at, List<LimitGate> into)
    {
        if (subject is null)
            return;
        Add((scope, subject), subject, at, into);
        Add((scope, "*"), subject, at, into);
    }

    private void Add((string, string) key, string subject, DateTimeOffset at, List<LimitGate> into)
    {
        if (Volatile.Read(ref _index).TryGetValue(key, out var limits))
            foreach (var limit in limits)
                into.Add(Gate(limit, subject, at));
    }

    private static FrozenDictionary<(string, string), LimitRow[]> Index(IEnumerable<LimitRow> limits) =>
        limits.GroupBy(limit => (limit.Scope, limit.Subject)).ToFrozenDictionary(group => group.Key, group => group.OrderBy(limit => limit.Id, StringComparer.Ordinal).ToArray());
}
