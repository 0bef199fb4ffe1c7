using System.Collections.Frozen;
using Nexus.Web.Capture;

namespace Nexus.Web.Access.Keys;

/// <summary>What the database said last about keys and domains; frozen, so that the request path reads it without a lock.</summary>
internal sealed record KnownAccess(FrozenDictionary<KeyHash, ClientKey> Keys, FrozenDictionary<string, CaptureLevel> Domains)
{
    private readonly FrozenSet<string> _domainsWithKeys = Keys.Values.Select(key => key.Domain).ToFrozenSet();

    public static KnownAccess Of(IEnumerable<ClientKey> keys, IEnumerable<KeyValuePair<string, CaptureLevel>> domains) =>
        new(keys.ToFrozenDictionary(key => key.Hash), domains.ToFrozenDictionary());

    /// <summary>Null for a text that is no managed key.</summary>
    public ClientKey? Find(string presented)
    {
        if (!KeySecret.MayBeManaged(presented))
            return null;
        var hash = KeyHash.Of(presented);
        return Keys.TryGetValue(hash, out var key) && key.Hash.Same(hash) ? key : null;
    }

    public bool HasKeys(string domain) => _domainsWithKeys.Contains(domain);
}

/// <summary>Holds the latest <see cref="KnownAccess"/>; what was known stays in force while the database is away.</summary>
internal sealed class AccessState
{
    private volatile KnownAccess? _known;

    /// <summary>Null until the database, or the file that the last run left, was read.</summary>
    public KnownAccess? Known => _known;

    public void Set(KnownAccess known) => _known = known;

    /// <summary>What is kept of a request: as its key says, else its domain, else the default.</summary>
    public CaptureLevel LevelFor(string domain, ClientKey? key, CaptureLevel otherwise) =>
        key?.Capture ?? (_known?.Domains.TryGetValue(domain, out var level) == true ? level : otherwise);
}
