using System.Security.Cryptography;

namespace Nexus.Web.Capture;

/// <summary>
/// Writes a request's list of parts as the difference to an earlier one, so that lists do not grow with the square of a
/// conversation's turns. What a batch adds counts from its commit on.
/// </summary>
internal sealed class PartLists
{
    /// <summary>Lists held, in bytes: 200 conversations of 300 parts.</summary>
    private const int MostBytes = 4 << 20;

    /// <summary>Longer chains make a rebuild read too many rows.</summary>
    private const int MostDepth = 40;

    /// <summary>Older lists are not continued: retention could drop the month of one while it is being named.</summary>
    private static readonly TimeSpan LongestReach = TimeSpan.FromDays(7);

    /// <summary>SQL of the hashes of parts that a row <c>p</c> of <c>request_payloads</c> names by itself, its headers' among them.</summary>
    public const string NamedSql = "(SELECT substring(p.parts FROM n * 32 + 1 FOR 32) AS hash FROM generate_series(0, length(p.parts) / 32 - 1) AS n UNION ALL SELECT p.request_headers WHERE p.request_headers IS NOT NULL)";

    private readonly Dictionary<UInt128, Base> _bases = [];
    private readonly Dictionary<UInt128, Base> _staged = [];
    private long _bytes;

    /// <summary>Shortens the payload's list against the last one of the same session, agent and opening.</summary>
    public void Shorten(AnalysedExchange exchange)
    {
        // A list of two parts is as short as the reference to another.
        if (exchange.Payload is not { Parts.Length: > 2 * SHA256.HashSizeInBytes } payload)
            return;
        var whole = payload.Parts;
        var key = KeyOf(exchange, whole);
        var depth = 0;
        if ((_staged.TryGetValue(key, out var last) || _bases.TryGetValue(key, out last)) && last.Depth < MostDepth && exchange.Row.StartedAt - PayloadReader.StartOf(last.Id) < LongestReach)
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

    public void Commit()
    {
        // Forgetting all at once costs some lists written whole, and no bookkeeping.
        if (_bytes > MostBytes)
        {
            _bases.Clear();
            _bytes = 0;
        }

        foreach (var (key, list) in _staged)
        {
            _bytes += list.List.Length - (_bases.TryGetValue(key, out var replaced) ? replaced.List.Length : 0);
            _bases[key] = list;
        }

        _staged.Clear();
    }

    public void Rollback() => _staged.Clear();

    /// <summary>Parts are named per domain, so the first one tells domains apart too. Without a session the first message stands for it.</summary>
    private static UInt128 KeyOf(AnalysedExchange exchange, byte[] list)
    {
        var hash = new System.IO.Hashing.XxHash128();
        hash.Append(list.AsSpan(0, SHA256.HashSizeInBytes));
        if (exchange.Row.SessionId is null)
            hash.Append(list.AsSpan(exchange.FirstMessage * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes));
        hash.Append(System.Runtime.InteropServices.MemoryMarshal.AsBytes((exchange.Row.SessionId + "\n" + exchange.Row.AgentId).AsSpan()));
        return hash.GetCurrentHashAsUInt128();
    }

    private sealed record Base(Guid Id, byte[] List, int Depth);
}
