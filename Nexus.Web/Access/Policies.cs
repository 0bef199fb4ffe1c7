namespace Nexus.Web.Access;

/// <summary>Names of the authorization policies. No scheme is the default one: nothing of this runs on proxied traffic.</summary>
internal static class Policies
{
    /// <summary>JSON API: the key in a header, or a session.</summary>
    public const string ApiKey = nameof(ApiKey);

    /// <summary>Pages: a session, or the key in a header.</summary>
    public const string Dashboard = nameof(Dashboard);
}

internal static class Sessions
{
    public const string Scheme = "DashboardSession";
    public const string KeyFingerprint = "nexus:key";
}
