using Nexus.Web.Capture;
using Nexus.Web.Credentials;
using Nexus.Web.Credentials.Pool;
using Yarp.ReverseProxy.Forwarder;

namespace Nexus.Web.Proxy.Pooling;

/// <summary>One request's way over the accounts of a pool.</summary>
/// <param name="affinity">The same for requests that share a prompt cache.</param>
/// <param name="model">What the request uses up, as cooldowns name it: see <see cref="KeyOf"/>.</param>
internal sealed class PooledRequest(IReadOnlyList<Account> accounts, string affinity, string model)
{
    public const string CountTokens = "/v1/messages/count_tokens";

    private readonly bool[] _tried = new bool[accounts.Count];

    public string Model => model;

    public IReadOnlyList<Account> Accounts => accounts;

    /// <summary>All accounts ask the same upstream.</summary>
    public bool HasOneUpstream => accounts.All(account => account.ClusterId == accounts[0].ClusterId);

    /// <summary>Another account than the first is asked, or was.</summary>
    public bool HasMoved { get; set; }

    /// <summary>An answer is on its way to the caller: nothing is tried any more.</summary>
    public bool IsCommitted { get; set; }

    /// <summary>Of that answer, masked; null before.</summary>
    public IReadOnlyList<HeaderLine>? Headers { get; set; }

    /// <summary>The first answer that was held back, which the caller gets if no account does better.</summary>
    public HeldAnswer? Original { get; set; }

    /// <summary>The first failure without an answer.</summary>
    public IForwarderErrorFeature? FirstFailure { get; set; }

    /// <summary>Failures that were the upstream's own: it is not asked through every account in turn.</summary>
    public int UpstreamFailures { get; set; }

    /// <summary>Accounts that refused their credential; proven guilty when another account takes the same request.</summary>
    public List<(Account Account, string Reason)> Suspects { get; } = [];

    public static string ModelKey(string? model) => model is null ? Cooldown.EveryModel : model.Trim().ToLowerInvariant();

    /// <summary>Messages are limited by model; counting tokens has limits of its own, and so has everything else (files, batches).</summary>
    public static string KeyOf(PathString path, string? model) => path.Value switch
    {
        "/v1/messages" => ModelKey(model),
        CountTokens => "count_tokens " + ModelKey(model),
        _ => "other paths",
    };

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

    /// <summary>
    /// Who is asked where nobody is left: an account that could not be reached, since the upstream's silence is no limit to
    /// speak of, and <paramref name="despiteLimits"/> one that is at its limits.
    /// </summary>
    public Account? TakeAnyway(DateTimeOffset now, bool despiteLimits)
    {
        var members = Members();
        for (var i = 0; i < members.Length; i++)
            members[i] = members[i] with { Status = despiteLimits ? members[i].Status.WithoutLimits() : members[i].Status.Reachable() };
        if (PoolChoice.Of(members, affinity, model, now) is not { Index: >= 0 and var index })
            return null;
        _tried[index] = true;
        return accounts[index];
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
