namespace Nexus.Web.Listening;

internal sealed class ListeningOptions
{
    public const string Section = "Listening";

    /// <summary>IP address to bind, or <c>localhost</c>.</summary>
    public required string Host { get; set; }

    /// <summary>0 picks a free port.</summary>
    public int ProxyPort { get; set; }

    /// <summary>Where clients reach the proxy's port when it is published under another; 0: under the same.</summary>
    public int ProxyPublicPort { get; set; }

    public int DashboardPort { get; set; }

    /// <summary>PEM with the certificate and its chain; empty: plain HTTP.</summary>
    public string TlsCertificateFile { get; set; } = "";

    /// <summary>PEM with its private key.</summary>
    public string TlsKeyFile { get; set; } = "";

    /// <summary>Addresses and ranges, separated by commas, whose <c>X-Forwarded-*</c> headers are believed.</summary>
    public string TrustedProxies { get; set; } = "";

    /// <summary>Seconds that streams in flight may take to finish after SIGTERM.</summary>
    public int ShutdownGraceSeconds { get; set; }
}
