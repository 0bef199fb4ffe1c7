using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Nexus.Web.Storage;

/// <summary>A port for a server that is started later, and perhaps again after a stop.</summary>
internal static class LoopbackPort
{
    /// <summary>Below those that the kernel gives to outgoing connections (32768 to 60999 unless somebody changed it), which come and go while the server does not run.</summary>
    private const int First = 20_000;

    private const int Last = 32_767;

    /// <exception cref="SocketException">Nothing was free.</exception>
    public static int Free()
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, tries < 100 ? RandomNumberGenerator.GetInt32(First, Last + 1) : 0);
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException) when (tries < 100)
            {
                // Somebody listens there.
            }
        }
    }
}
