namespace Nexus.Web.Access;

internal enum ClientAuth
{
    /// <summary>A Nexus key is demanded where Nexus pays; elsewhere the caller's own Claude credential passes through.</summary>
    Auto,

    /// <summary>A Nexus key is demanded of everybody.</summary>
    True,

    /// <summary>No key is demanded, by explicit choice.</summary>
    False,
}

internal sealed class AccessOptions
{
    public const string Section = "Access";

    public ClientAuth EnableClientAuth { get; set; }

    /// <summary>Empty: one is generated.</summary>
    public string DashboardApiKey { get; set; } = "";

    /// <summary>IP addresses or CIDR ranges that may read /token-stats without a key, separated by commas.</summary>
    public string TokenStatsAllow { get; set; } = "";
}
