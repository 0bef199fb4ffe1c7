using System.Net;
using System.Net.Sockets;

namespace Nexus.Web.Access;

/// <summary>
/// Slows the guessing of a key: after a few wrong ones an address waits twice as long each time. At the dashboard's login an
/// address is charged before its key is compared, so that many attempts at once are no way around it.
/// </summary>
/// <param name="free">How many wrong keys cost no wait.</param>
internal sealed class LoginThrottle(TimeProvider time, int free = LoginThrottle.Free)
{
    /// <summary>People mistype: this many wrong keys cost no wait.</summary>
    public const int Free = 3;

    /// <summary>Callers behind one reverse proxy share its address: nobody may lock the others out for long.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <summary>About 2 MB at most; beyond it the address that was quiet longest is forgotten.</summary>
    public const int MostAddresses = 10_000;

    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(15);
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, LinkedListNode<Attempts>> _byAddress = [];

    /// <summary>The address that was quiet longest first.</summary>
    private readonly LinkedList<Attempts> _byLast = [];

    public int Count
    {
        get
        {
            lock (_lock)
                return _byLast.Count;
        }
    }

    /// <summary>Null when the address may try now, which counts as a wrong key until <see cref="Succeeded"/>; else how long it has to wait.</summary>
    public TimeSpan? Begin(IPAddress? address)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            Trim(now);
            var key = Network(address);
            var attempts = _byAddress.TryGetValue(key, out var node) ? node.Value : new Attempts(key);
            if (attempts.Until > now)
                return attempts.Until - now;
            attempts.Wrong++;
            attempts.Last = now;
            if (attempts.Wrong > free)
                attempts.Until = now + TimeSpan.FromSeconds(Math.Min(LongestWait.TotalSeconds, Math.Pow(2, Math.Min(30, attempts.Wrong - free - 1))));
            if (node is not null)
                _byLast.Remove(node);
            _byAddress[key] = _byLast.AddLast(attempts);
            return null;
        }
    }

    /// <summary>How long the address has to wait; null when it may try. Asking costs nothing.</summary>
    public TimeSpan? Waits(IPAddress? address)
    {
        var now = time.GetUtcNow();
        lock (_lock)
            return _byAddress.TryGetValue(Network(address), out var node) && node.Value.Until > now ? node.Value.Until - now : null;
    }

    public void Succeeded(IPAddress? address)
    {
        lock (_lock)
            if (_byAddress.Remove(Network(address), out var node))
                _byLast.Remove(node);
    }

    private void Trim(DateTimeOffset now)
    {
        while (_byLast.First is { } oldest && (now - oldest.Value.Last > Forgotten || _byLast.Count >= MostAddresses))
        {
            _byLast.RemoveFirst();
            _byAddress.Remove(oldest.Value.Address);
        }
    }

    /// <summary>Of IPv6 the first 64 bits: one subscriber has all of the rest.</summary>
    private static IPAddress Network(IPAddress? address)
    {
        if (address is null)
            return IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    private sealed class Attempts(IPAddress address)
    {
        public IPAddress Address => address;
        public int Wrong { get; set; }
        public DateTimeOffset Last { get; set; }
        public DateTimeOffset Until { get; set; }
    }
}
