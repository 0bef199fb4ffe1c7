using System.Text.Json;
using Microsoft.Extensions.Options;
using Nexus.Web.Listening;
using Nexus.Web.Operations.Health;

namespace Nexus.Web.Operations.Doctor;

/// <summary>Whether a port is Nexus's, free, or somebody else's.</summary>
internal sealed class PortsCheck(IOptions<ListeningOptions> options)
{
    /// <summary>The status word of the Nexus that listens there; null when none does.</summary>
    public string? Running { get; private set; }

    public async Task<Finding> LookAsync(Listener listener, CancellationToken cancellation)
    {
        var (variable, port) = listener == Listener.Proxy ? ("PROXY_PORT", options.Value.ProxyPort) : ("DASHBOARD_PORT", options.Value.DashboardPort);
        if (port == 0)
            return Finding.Ok($"{variable} is 0: any free one.");
        if (options.Value.ProxyPort == options.Value.DashboardPort)
            return Finding.Failure($"PROXY_PORT and DASHBOARD_PORT are both {port}.", "Give each a port of its own.");
        if (Ports.Problem(options.Value.Host, variable, port) is not { } problem)
            return Finding.Ok($"{port} is free; Nexus does not listen there.");
        if (await AskAsync(port, cancellation) is not { } status)
            return Finding.Failure(problem, $"lsof -i :{port} names the process.");
        Running = status;
        return status == "healthy"
            ? Finding.Ok($"Nexus listens on {port}, and is healthy.")
            : Finding.Warning($"Nexus listens on {port}, and is {status}.", "The lines that follow say why.");
    }

    private async Task<string?> AskAsync(int port, CancellationToken cancellation)
    {
        var address = Ports.AddressOf(options.Value.Host);
        var host = address.Equals(System.Net.IPAddress.Any) ? System.Net.IPAddress.Loopback : address.Equals(System.Net.IPAddress.IPv6Any) ? System.Net.IPAddress.IPv6Loopback : address;
        var handler = new SocketsHttpHandler { UseProxy = false };
        // Whose certificate it is does not matter to the question whether Nexus listens on this machine.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, errors) => !errors.HasFlag(System.Net.Security.SslPolicyErrors.RemoteCertificateNotAvailable);
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            using var response = await client.GetAsync(new UriBuilder(options.Value.TlsCertificateFile.Length > 0 ? "https" : "http", host.ToString(), port, "/health").Uri, cancellation);
            using var body = JsonDocument.Parse(await response.Content.ReadAsStreamAsync(cancellation));
            return body.RootElement.GetProperty("service").GetString()!.StartsWith("claude-nexus", StringComparison.Ordinal) ? body.RootElement.GetProperty("status").GetString() : null;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception error) when (error is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
