using System.Security.Cryptography;
using Nexus.Web.Storage;

namespace Nexus.Web.Capture;

/// <summary>
/// Writes a request's list of parts as the difference to an earlier one, so that lists do not grow with the square of a
/// conversation's turns, and knows which parts the database holds already. What a batch adds counts from its commit on.
/// </summary>
internal sealed class PartLists
{
    private const int MostBases = 4096;
    private const int MostKnown = 200_000;

    /// <summary>Longer chains make a rebuild read too many rows.</summary>
    private const int MostDepth = 40;

    private readonly Dictionary<string, Base> _bases = [];
    private readonly Dictionary<string, Base> _staged = [];
    private readonly Dictionary<Hash, DateOnly> _known = [];
    private readonly Dictionary<Hash, DateOnly> _stagedKnown = [];

    /// <summary>Shortens the payload's list against the last one of the same session, agent and first part.</summary>
    public void Shorten(AnalysedExchange exchange)
    {
        if (exchange.Payload is not { Parts.Length: > 0 } payload)
            return;
        var whole = payload.Parts;
        var key = string.Join('\n', exchange.Row.Domain, exchange.Row.SessionId, exchange.Row.AgentId, Convert.ToHexString(whole.AsSpan(0, SHA256.HashSizeInBytes)));
        var depth = 0;
        if ((_staged.TryGetValue(key, out var last) || _bases.TryGetValue(key, out last)) && last.Depth < MostDepth)
        {
            var shared = whole.AsSpan().CommonPrefixLength(last.List) / SHA256.HashSizeInBytes;
            if (shared > 1)
            {
                payload.BaseId = last.Id;
                payload.PrefixKept = shared;
                payload.Parts = whole[(shared * SHA256.HashSizeInBytes)..];
                depth = last.Depth + 1;
            }
        }

        _staged[key] = new Base(exchange.Row.Id, whole, depth);
    }

    /// <summary>Whether a part must be sent to the database today: it is new, or it was not touched today.</summary>
    public bool Wanted(Part part, DateOnly today)
    {
        var hash = new Hash(part.Hash);
        if ((_known.TryGetValue(hash, out var seen) || _stagedKnown.TryGetValue(hash, out seen)) && seen == today)
            return false;
        _stagedKnown[hash] = today;
        return true;
    }

    public void Commit()
    {
        Move(_staged, _bases, MostBases);
        Move(_stagedKnown, _known, MostKnown);
    }

    public void Rollback()
    {
        _staged.Clear();
        _stagedKnown.Clear();
    }

    private static void Move<TKey, TValue>(Dictionary<TKey, TValue> from, Dictionary<TKey, TValue> to, int most)
        where TKey : notnull
    {
        // Forgetting all at once costs some parts sent twice and some lists written whole, and no bookkeeping.
        if (to.Count + from.Count > most)
            to.Clear();
        foreach (var (key, value) in from)
            to[key] = value;
        from.Clear();
    }

    private sealed record Base(Guid Id, byte[] List, int Depth);

    private readonly record struct Hash(ulong A, ulong B, ulong C, ulong D)
    {
        public Hash(byte[] hash)
            : this(BitConverter.ToUInt64(hash, 0), BitConverter.ToUInt64(hash, 8), BitConverter.ToUInt64(hash, 16), BitConverter.ToUInt64(hash, 24))
        {
        }
    }
}
