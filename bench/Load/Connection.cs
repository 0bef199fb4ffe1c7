using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Nexus.Bench.Load;

/// <summary>One keep-alive connection, on a bare socket: the load generator shares the machine with what it measures.</summary>
internal sealed class Connection(int port, BodySink sink) : IDisposable
{
    private readonly byte[] _buffer = new byte[32 * 1024];
    private Socket? _socket;

    public ResponseParser Response { get; } = new(sink);

    /// <summary>Sends a request and reads its answer; when the first byte of the body came, in the stopwatch's ticks.</summary>
    /// <exception cref="IOException">The connection ended before the answer did. The next exchange opens another.</exception>
    public async ValueTask<long> ExchangeAsync(IList<ArraySegment<byte>> request, CancellationToken cancellation)
    {
        try
        {
            if (_socket is null)
            {
                _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await _socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellation);
            }

            Response.Reset();
            await _socket.SendAsync(request, SocketFlags.None);
            long first = 0;
            while (true)
            {
                var read = await _socket.ReceiveAsync(_buffer, SocketFlags.None, cancellation);
                if (read == 0)
                    throw new IOException("The connection was closed before the answer was complete.");
                var complete = Response.Feed(_buffer.AsSpan(0, read));
                if (first == 0 && Response.HasBody)
                    first = Stopwatch.GetTimestamp();
                if (complete)
                    return first;
            }
        }
        catch
        {
            _socket?.Dispose();
            _socket = null;
            throw;
        }
    }

    public void Dispose() => _socket?.Dispose();
}
