namespace Nexus.Web.Operations.Metrics;

internal sealed class MetricsOptions
{
    public const string Section = "Metrics";

    /// <summary>What Prometheus may read /metrics with, besides the dashboard key; empty: only with that.</summary>
    public string Token { get; set; } = "";

    /// <summary>Empty: nothing is sent.</summary>
    public string OtlpEndpoint { get; set; } = "";

    /// <summary><c>grpc</c> or <c>http/protobuf</c>.</summary>
    public required string OtlpProtocol { get; set; }

    /// <summary>As name=value, separated by commas.</summary>
    public string OtlpHeaders { get; set; } = "";
}
