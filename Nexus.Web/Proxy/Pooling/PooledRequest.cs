using Nexus.Web.Credentials;
using Nexus.Web.Credentials.Pool;
using Yarp.ReverseProxy.Forwarder;

namespace Nexus.Web.Proxy.Pooling;

/// <summary>One request's way over the accounts of a pool.</summary>
/// <param name="affinity">The same for requests that share a prompt cache.</param>
/// <param name="model">As cooldowns name it.</param>
internal sealed class PooledRequest(IReadOnlyList<Account> accounts, string affinity, string model)
{
    private readonly bool[] _tried = new bool[accounts.Count];

    public string Model => model;

    public IReadOnlyList<Account> Accounts => accounts;

    /// <summary>An answer is on its way to the caller: nothing is tried any more.</summary>
    public bool IsCommitted { get; set; }

    /// <summary>The first answer that was held back, which the caller gets if no account does better.</summary>
    public HeldAnswer? Original { get; set; }

    /// <summary>The first failure without an answer.</summary>
    public IForwarderErrorFeature? FirstFailure { get; set; }

    /// <summary>Failures that were the upstream's own: it is not asked through every account in turn.</summary>
    public int UpstreamFailures { get; set; }

    /// <summary>Accounts that refused their credential; proven guilty when another account takes the same request.</summary>
    public List<(Account Account, string Reason)> Suspects { get; } = [];

    public static string ModelKey(string? model) => model is null ? Cooldown.EveryModel : model.Trim().ToLowerInvariant();

    /// <summary>Whether another account could take the request now.</summary>
    public bool HasAnother(DateTimeOffset now) => PoolChoice.Of(Members(), affinity, model, now).Index >= 0;

    /// <summary>The next account, which counts as tried from now on; null when none can serve.</summary>
    public Account? Take(DateTimeOffset now)
    {
        while (true)
        {
            var (index, readiness) = PoolChoice.Of(Members(), affinity, model, now);
            if (index < 0)
                return null;
            if (readiness == Readiness.MayProbe && !accounts[index].State.TryProbe(model, now))
                continue;
            _tried[index] = true;
            return accounts[index];
        }
    }

    /// <summary>Who would be next without some; nobody counts as tried for it.</summary>
    public Account? Peek(DateTimeOffset now, IReadOnlySet<string> without)
    {
        var members = Members();
        for (var i = 0; i < members.Length; i++)
            members[i] = members[i] with { Excluded = members[i].Excluded || without.Contains(accounts[i].Id) };
        return PoolChoice.Of(members, affinity, model, now) is { Index: >= 0 and var index } ? accounts[index] : null;
    }

    public PoolMember[] Members()
    {
        var members = new PoolMember[accounts.Count];
        for (var i = 0; i < members.Length; i++)
            members[i] = new(accounts[i].State.Seed, accounts[i].State.Status, _tried[i] || accounts[i].Health.LoginEnded);
        return members;
    }
}
