using Nexus.Web.Capture;
using Nexus.Web.Operations.Logs;

namespace Nexus.Web.Access.Keys;

/// <summary>
/// The key with which this process calls its own proxy for analyses: made anew at each start, in memory alone, good at every
/// domain. Its requests have a key, an owner and a lane of their own in the ledger, and nothing of them is kept but the counts.
/// </summary>
internal sealed class OwnKey
{
    /// <summary>In the ledger and the rollups, in place of a managed key's id.</summary>
    public const string Id = "analysis";

    public const string Owner = "AI analysis";

    /// <summary>In place of what a request's shape would tell.</summary>
    public const string Lane = "analysis";

    private readonly KeyHash _hash;

    public OwnKey(SecretMask mask)
    {
        Secret = KeySecret.New("cnp_own");
        mask.Learn(Secret);
        _hash = KeyHash.Of(Secret);
    }

    /// <summary>Begins as all of Nexus's keys do, so that no upstream ever sees it.</summary>
    public string Secret { get; }

    /// <summary>Null when it is another key.</summary>
    public ClientKey? Find(string presented, string domain) =>
        presented.Length == Secret.Length && KeyHash.Of(presented).Same(_hash) ? new(Id, _hash, "AI analysis", Owner, domain, [], CaptureLevel.Off, null, null) : null;
}
