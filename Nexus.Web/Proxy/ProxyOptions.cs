using System.ComponentModel.DataAnnotations;

namespace Nexus.Web.Proxy;

internal sealed class ProxyOptions
{
    public const string Section = "Proxy";

    public required Uri UpstreamBaseUrl { get; set; }

    /// <summary>Milliseconds that the upstream may be silent.</summary>
    public int IdleTimeoutMs { get; set; }

    /// <summary>Largest body of /v1/messages and count_tokens.</summary>
    public long MaxRequestBytes { get; set; }

    /// <summary>Bytes that buffered request bodies may take in all.</summary>
    [Range(1 << 20, long.MaxValue)]
    public long RequestMemoryBytes { get; set; }

    /// <summary>The address that callers reach the proxy under; empty: the <c>Host</c> of each request.</summary>
    public string PublicUrl { get; set; } = "";

    /// <summary>Whether batch answers name this gateway as the place of their results.</summary>
    public bool RewriteResultsUrl { get; set; }

    /// <summary>Silence of the upstream after which an event stream gets a comment; 0: never.</summary>
    public int SseKeepAliveSeconds { get; set; }
}
