namespace Nexus.Web.Access;

/// <summary>Wrong keys at the dashboard's port since the start, for who watches them.</summary>
internal sealed class AuthFailures
{
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public void Add() => Interlocked.Increment(ref _count);
}
