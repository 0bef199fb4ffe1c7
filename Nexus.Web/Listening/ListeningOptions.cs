using System.ComponentModel.DataAnnotations;

namespace Nexus.Web.Listening;

internal sealed class ListeningOptions
{
    public const string Section = "Listening";

    /// <summary>IP address to bind, or <c>localhost</c>.</summary>
    [Required]
    public required string Host { get; set; }

    /// <summary>0 picks a free port.</summary>
    [Range(0, 65535)]
    public int ProxyPort { get; set; }

    [Range(0, 65535)]
    public int DashboardPort { get; set; }

    /// <summary>Seconds that streams in flight may take to finish after SIGTERM.</summary>
    [Range(0, 3600)]
    public int ShutdownGraceSeconds { get; set; }
}
