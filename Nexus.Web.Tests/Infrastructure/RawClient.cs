using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>A client that writes what it is told, byte for byte.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly TcpClient _connection;
    private readonly RawReader _reader;

    private RawClient(TcpClient connection)
    {
        _connection = connection;
        _reader = new(connection.GetStream());
    }

    public static async Task<RawClient> ConnectAsync(Uri address)
    {
        var connection = new TcpClient { NoDelay = true };
        await connection.ConnectAsync(address.Host, address.Port);
        return new(connection);
    }

    public Task SendAsync(string latin1) => SendAsync(Encoding.Latin1.GetBytes(latin1));

    /// <summary>Does nothing when the other side has closed: what it answered can still be read.</summary>
    public async Task SendAsync(byte[] bytes)
    {
        try
        {
            await _connection.GetStream().WriteAsync(bytes);
        }
        catch (IOException)
        {
        }
    }

    public async Task<RawMessage?> TryReadAsync(bool bodyless = false) => await _reader.ReadAsync(bodyless).WaitAsync(TimeSpan.FromSeconds(100));

    public async Task<RawMessage> ReadAsync(bool bodyless = false)
    {
        var message = await TryReadAsync(bodyless);
        Assert.NotNull(message);
        return message;
    }

    /// <summary>Waits until a text has come in, and leaves it to be read.</summary>
    public async Task ReceiveAsync(string text) => Assert.True(await _reader.UntilAsync(Encoding.Latin1.GetBytes(text)).WaitAsync(TimeSpan.FromSeconds(100)), $"The connection ended without: {text}");

    /// <summary>Ends the sending side, as a client that has said everything.</summary>
    public void Finish() => _connection.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Leaves with a reset, as a killed client's kernel does.</summary>
    public void Reset() => _connection.Client.Close(0);

    public void Dispose() => _connection.Dispose();

    /// <summary>A request of a caller with its own credential.</summary>
    public static string Request(string method, string target, string headers = "", string body = "") =>
        $"{method} {target} HTTP/1.1\r\nHost: one.example\r\nx-api-key: sk-ant-own\r\n{headers}{(body.Length > 0 ? $"Content-Length: {body.Length}\r\n" : "")}\r\n{body}";
}
