namespace Nexus.Web.Proxy;

/// <summary>Refusals of callers that Nexus does not know are counted, not stored: strangers must not fill the ledger.</summary>
internal sealed class UnknownCallers
{
    private long _refused;

    public long Refused => Interlocked.Read(ref _refused);

    public void Count() => Interlocked.Increment(ref _refused);
}
