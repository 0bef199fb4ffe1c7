using System.Net;
using Microsoft.Extensions.Options;

namespace Nexus.Web.Listening;

/// <summary>
/// Believes what a proxy of the operator's own says about the caller: address, scheme and host. From anybody else these headers
/// decide nothing. They end here in both cases of trust: the upstream need not know how this network is built.
/// </summary>
internal sealed class TrustedProxies(IOptions<ListeningOptions> options)
{
    private readonly IPNetwork[] _trusted = [.. options.Value.TrustedProxies.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(part => part.Contains('/', StringComparison.Ordinal) ? IPNetwork.Parse(part) : new IPNetwork(Plain(IPAddress.Parse(part)), IPAddress.Parse(part) is { AddressFamily: System.Net.Sockets.AddressFamily.InterNetwork } ? 32 : 128))];

    /// <summary>On a request that one of them handed on.</summary>
    /// <param name="Socket">The proxy's own address.</param>
    internal sealed record Passed(IPAddress Socket);

    public bool IsOn => _trusted.Length > 0;

    public void Apply(HttpContext context)
    {
        var connection = context.Connection;
        if (connection.RemoteIpAddress is not { } remote || !IsTrusted(remote))
            return;
        context.Features.Set(new Passed(remote));
        var headers = context.Request.Headers;
        // From the right, as each proxy appends who asked it; what stands left of the first stranger, a stranger may have written.
        foreach (var part in headers["X-Forwarded-For"].SelectMany(line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Reverse())
        {
            if (!IPEndPoint.TryParse(part, out var caller))
                break;
            // Nobody comes over a network from this machine, unless a proxy on it stands before another.
            if (IPAddress.IsLoopback(Plain(caller.Address)))
            {
                if (IsTrusted(caller.Address))
                    continue;
                break;
            }

            connection.RemoteIpAddress = Plain(caller.Address);
            if (!IsTrusted(caller.Address))
                break;
        }

        if (headers["X-Forwarded-Proto"].LastOrDefault()?.Split(',')[^1].Trim() is { } scheme && scheme is ("http" or "https"))
            context.Request.Scheme = scheme;
        if (headers["X-Forwarded-Host"].LastOrDefault()?.Split(',')[^1].Trim() is { Length: > 0 } host)
            headers.Host = host;
        foreach (var name in new[] { "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded" })
            headers.Remove(name);
    }

    private bool IsTrusted(IPAddress address) => Array.Exists(_trusted, network => network.Contains(Plain(address)));

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
