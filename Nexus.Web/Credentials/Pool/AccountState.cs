using System.Collections.Concurrent;

namespace Nexus.Web.Credentials.Pool;

/// <summary>An account's status now, and its requests in flight on this node. Lasts as long as the process, whatever happens to its file.</summary>
internal sealed class AccountState(string id)
{
    private AccountStatus _status = AccountStatus.Fresh;
    private int _inFlight;
    private int _changes;

    public string Id => id;

    public ulong Seed { get; } = PoolChoice.SeedOf(id);

    public AccountStatus Status => Volatile.Read(ref _status);

    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Grows with each change that other nodes and the next start must know.</summary>
    public int Changes => Volatile.Read(ref _changes);

    public void Enter() => Interlocked.Increment(ref _inFlight);

    public void Leave() => Interlocked.Decrement(ref _inFlight);

    /// <param name="change">May run more than once; the same status means no change.</param>
    public AccountStatus Change(Func<AccountStatus, AccountStatus> change)
    {
        while (true)
        {
            var before = Status;
            var after = change(before);
            if (ReferenceEquals(before, after) || Interlocked.CompareExchange(ref _status, after, before) != before)
            {
                if (ReferenceEquals(before, after))
                    return before;
                continue;
            }

            if (!before.Cooldowns.SequenceEqual(after.Cooldowns) || before.Mode != after.Mode || before.LastErrorAt != after.LastErrorAt || !before.Windows.SequenceEqual(after.Windows))
                Interlocked.Increment(ref _changes);
            return after;
        }
    }

    /// <summary>What another node or the last run knew; is no news to anybody.</summary>
    public void Set(AccountStatus status) => Volatile.Write(ref _status, status);

    /// <summary>Whether this request is the one that tries the account; another may have been faster.</summary>
    public bool TryProbe(string model, DateTimeOffset now)
    {
        var before = Status;
        return Standing.Of(before, model, now).Readiness == Readiness.MayProbe && Interlocked.CompareExchange(ref _status, before.Probing(model, now), before) == before;
    }
}

/// <summary>The state of every account that has been seen, by its id.</summary>
internal sealed class AccountStates
{
    private readonly ConcurrentDictionary<string, AccountState> _states = new();

    public IEnumerable<AccountState> All => _states.Values;

    public AccountState Of(string accountId) => _states.GetOrAdd(accountId, static id => new AccountState(id));
}
