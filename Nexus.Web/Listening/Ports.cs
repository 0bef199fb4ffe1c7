using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Nexus.Web.Configuration;

namespace Nexus.Web.Listening;

/// <summary>Whether both ports can be had, found out before anything else is started.</summary>
internal static class Ports
{
    public static IPAddress AddressOf(string host) => host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(host);

    public static IEnumerable<string> Problems(IConfiguration configuration)
    {
        var section = configuration.GetSection(ListeningOptions.Section);
        var host = section["Host"] ?? "";
        if (!Accepted.IsHost(host))
            return []; // The value itself is reported.
        var ports = new[] { ("PROXY_PORT", Number(section["ProxyPort"])), ("DASHBOARD_PORT", Number(section["DashboardPort"])) };
        if (ports[0].Item2 == ports[1].Item2 && ports[0].Item2 > 0)
            return [$"PROXY_PORT and DASHBOARD_PORT are both {ports[0].Item2}; each needs a port of its own."];
        return ports.Select(port => Problem(host, port.Item1, port.Item2)).OfType<string>().Distinct();
    }

    /// <summary>Why a port cannot be had; null when it can.</summary>
    public static string? Problem(string host, string variable, int port)
    {
        var address = AddressOf(host);
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return null;
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            return $"{variable} is {port}, an address in use: another process (perhaps another Nexus) listens on port {port} of {host}. Stop it, or set {variable} to a free port.";
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.AccessDenied)
        {
            return $"{variable} is {port}, which this user may not listen on ({error.Message}); it accepts a port of 1024 or more.";
        }
        catch (SocketException error)
        {
            return $"HOST is '{host}', which this machine cannot listen on ({error.Message}); it accepts an address of this machine, 0.0.0.0 or localhost.";
        }
    }

    /// <summary>0, which is always free, for what is no port.</summary>
    private static int Number(string? value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65535 ? port : 0;
}
