using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Nexus.Web.Credentials.Pool;

/// <summary>An account of a pool as a choice sees it.</summary>
/// <param name="Seed">See <see cref="PoolChoice.SeedOf"/>.</param>
/// <param name="Excluded">The request was there already, or it cannot be asked for a reason outside its status.</param>
internal readonly record struct PoolMember(ulong Seed, AccountStatus Status, bool Excluded = false);

/// <summary>Which account a request goes to.</summary>
/// <param name="Index">Of the member; -1 when none can serve.</param>
/// <param name="Readiness">Of the chosen one.</param>
internal readonly record struct Pick(int Index, Readiness Readiness);

/// <summary>
/// Chooses an account: pure, so that every node and every restart chooses the same. Each session ranks the accounts by
/// rendezvous hashing and goes to the first that can serve: its prompt caches stay warm, an account that falls out moves only
/// its own sessions, and they come back when it does.
/// </summary>
internal static class PoolChoice
{
    /// <param name="affinity">The same for requests that share a prompt cache.</param>
    public static Pick Of(ReadOnlySpan<PoolMember> members, string affinity, string model, DateTimeOffset now)
    {
        var (best, bestRank, bestScore) = (new Pick(-1, Readiness.Stopped), int.MaxValue, 0UL);
        for (var i = 0; i < members.Length; i++)
        {
            if (members[i].Excluded || Standing.Of(members[i].Status, model, now) is not { CanServe: true } standing)
                continue;
            var rank = standing.Readiness is Readiness.MayProbe ? (int)Readiness.Free : (int)standing.Readiness;
            var score = Score(affinity, members[i].Seed);
            if (rank > bestRank || (rank == bestRank && score <= bestScore))
                continue;
            (best, bestRank, bestScore) = (new(i, standing.Readiness), rank, score);
        }

        return best;
    }

    /// <summary>When the first of the accounts can be asked again, as far as the upstream told; null when it did not tell of any.</summary>
    public static DateTimeOffset? EarliestReset(ReadOnlySpan<PoolMember> members, string model, DateTimeOffset now)
    {
        DateTimeOffset? earliest = null;
        foreach (var member in members)
            if (Standing.Of(member.Status, model, now) is { Readiness: Readiness.Cooling, IsTold: true, Until: { } until } && (earliest is null || until < earliest))
                earliest = until;
        return earliest;
    }

    public static ulong SeedOf(string accountId) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(accountId.AsSpan()));

    private static ulong Score(string affinity, ulong seed) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(affinity.AsSpan()), unchecked((long)seed));
}
