using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>One request as the raw upstream got it, and the socket to do something to.</summary>
internal sealed class RawExchange(TcpClient connection, RawMessage request)
{
    public RawMessage Request => request;

    public async Task SendAsync(string latin1) => await connection.GetStream().WriteAsync(Encoding.Latin1.GetBytes(latin1));

    public async Task SendAsync(byte[] bytes) => await connection.GetStream().WriteAsync(bytes);

    /// <summary>An orderly close.</summary>
    public void Close() => connection.Close();

    /// <summary>Ends the sending side alone: the connection is half-closed.</summary>
    public void Finish() => connection.Client.Shutdown(SocketShutdown.Send);

    public void Reset() => connection.Client.Close(0);

    /// <summary>Completes when Nexus has closed the connection.</summary>
    public async Task LeftAsync()
    {
        try
        {
            while (await connection.GetStream().ReadAsync(new byte[1024]) > 0)
            {
            }
        }
        catch (IOException)
        {
            // A reset is a way of leaving too.
        }
    }
}

/// <summary>An upstream on bare sockets, for what no HTTP server would do.</summary>
internal sealed class RawUpstream : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    private RawUpstream()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public Func<RawExchange, Task> Answer { get; set; } = exchange => exchange.SendAsync("HTTP/1.1 599 Unscripted\r\nContent-Length: 0\r\n\r\n");

    public static RawUpstream Start() => new();

    public ConcurrentQueue<RawMessage> Requests { get; } = new();

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public void Dispose() => _listener.Stop();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient connection)
    {
        using (connection)
            try
            {
                var reader = new RawReader(connection.GetStream());
                while (await reader.ReadAsync() is { } request)
                {
                    Requests.Enqueue(request);
                    await Answer(new RawExchange(connection, request));
                    if (!connection.Connected)
                        return;
                }
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException or SocketException)
            {
                // The connection is gone, often on purpose.
            }
    }
}
