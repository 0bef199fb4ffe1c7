using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Nexus.Web.Capture;

/// <summary>
/// What was made of pieces of bodies lately, by a fast 128-bit hash of the piece, seeded by chance so that nobody can make two
/// pieces collide. Bounded by two generations: what is asked for stays, the rest goes with the older one. For one thread.
/// </summary>
/// <param name="mostOfGeneration">Two are held.</param>
internal sealed class RecentlySeen<TValue>(int mostOfGeneration)
    where TValue : class
{
    private readonly long _seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
    private Dictionary<UInt128, TValue> _young = [];
    private Dictionary<UInt128, TValue> _old = [];

    /// <param name="scope">Equal pieces of two scopes are two.</param>
    public UInt128 KeyOf(ReadOnlySpan<byte> piece, string scope = "") =>
        XxHash128.HashToUInt128(piece, _seed ^ (long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(scope.AsSpan())));

    public TValue? Find(UInt128 key)
    {
        if (_young.TryGetValue(key, out var known))
            return known;
        if (_old.TryGetValue(key, out known))
            Add(key, known);
        return known;
    }

    public void Add(UInt128 key, TValue value)
    {
        if (_young.Count >= mostOfGeneration)
            (_old, _young) = (_young, []);
        _young[key] = value;
    }
}
