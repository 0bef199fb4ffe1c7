using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Nexus.Web.Tests.Clients;

/// <summary>An HTTP proxy that lets nobody out and notes where they wanted to go.</summary>
internal sealed class ConnectionRefuser : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public ConnectionRefuser()
    {
        _listener.Start();
        _ = ServeAsync();
    }

    public string Url => $"http://{_listener.LocalEndpoint}";

    public ConcurrentQueue<string> Attempts { get; } = new();

    public void Dispose() => _listener.Dispose();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
                _ = RefuseAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Disposed: nobody is left to refuse.
        }
    }

    private async Task RefuseAsync(TcpClient client)
    {
        using (client)
        {
            var head = new byte[4096];
            var read = await client.GetStream().ReadAsync(head);
            Attempts.Enqueue(Encoding.ASCII.GetString(head, 0, read).Split('\r')[0]);
            await client.GetStream().WriteAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
        }
    }
}
