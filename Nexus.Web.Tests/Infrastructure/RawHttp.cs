using System.Globalization;
using System.Text;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>The head of a message as it stood on the wire (Latin-1), and its body without chunk framing.</summary>
/// <param name="FirstLine">Request line or status line.</param>
/// <param name="Whole">False when the connection ended before the message did.</param>
internal sealed record RawMessage(string FirstLine, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body, bool Whole)
{
    public int Status => int.Parse(FirstLine.Split(' ')[1], CultureInfo.InvariantCulture);

    public string Text => Encoding.UTF8.GetString(Body);

    public IEnumerable<string> All(string name) => Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value);

    public string? Header(string name) => All(name).SingleOrDefault();
}

/// <summary>Reads HTTP/1.1 messages from a socket without believing any of them.</summary>
internal sealed class RawReader(Stream stream)
{
    private readonly List<byte> _read = [];

    /// <summary>The next message; null when the connection ends before its head. <paramref name="bodyless"/>: the answer to a HEAD.</summary>
    public async Task<RawMessage?> ReadAsync(bool bodyless = false)
    {
        int end;
        while ((end = IndexOf("\r\n\r\n"u8.ToArray())) < 0)
            if (!await MoreAsync())
                return null;
        var lines = Encoding.Latin1.GetString(Take(end + 4)).TrimEnd().Split("\r\n");
        var headers = lines.Skip(1).Select(line => line.Split(':', 2)).Select(pair => (pair[0], pair[1].Trim(' '))).ToList();
        var head = new RawMessage(lines[0], headers, [], true);
        if (bodyless || head.FirstLine.StartsWith("HTTP/1.1 1", StringComparison.Ordinal) || head.FirstLine.StartsWith("HTTP/1.1 204", StringComparison.Ordinal))
            return head;
        if (head.All("transfer-encoding").Any())
            return await ChunkedAsync(head);
        if (head.Header("content-length") is { } counted)
        {
            var length = int.Parse(counted, CultureInfo.InvariantCulture);
            while (_read.Count < length)
                if (!await MoreAsync())
                    return head with { Body = Take(_read.Count), Whole = false };
            return head with { Body = Take(length) };
        }

        if (!head.FirstLine.StartsWith("HTTP/", StringComparison.Ordinal))
            return head;
        while (await MoreAsync())
        {
        }

        return head with { Body = Take(_read.Count) };
    }

    /// <summary>Reads ahead until <paramref name="needle"/> has come; false when the connection ends without it.</summary>
    public async Task<bool> UntilAsync(byte[] needle)
    {
        while (IndexOf(needle) < 0)
            if (!await MoreAsync())
                return false;
        return true;
    }

    private async Task<RawMessage> ChunkedAsync(RawMessage head)
    {
        var body = new List<byte>();
        while (true)
        {
            int line;
            while ((line = IndexOf("\r\n"u8.ToArray())) < 0)
                if (!await MoreAsync())
                    return head with { Body = [.. body], Whole = false };
            var size = int.Parse(Encoding.ASCII.GetString(Take(line + 2)).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0)
                return await TrailersAsync(head with { Body = [.. body] });
            while (_read.Count < size + 2)
                if (!await MoreAsync())
                    return head with { Body = [.. body, .. Take(Math.Min(size, _read.Count))], Whole = false };
            body.AddRange(Take(size));
            Take(2);
        }
    }

    private async Task<RawMessage> TrailersAsync(RawMessage message)
    {
        while (true)
        {
            int line;
            while ((line = IndexOf("\r\n"u8.ToArray())) < 0)
                if (!await MoreAsync())
                    return message with { Whole = false };
            if (Take(line + 2).Length == 2)
                return message;
        }
    }

    private int IndexOf(byte[] needle) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_read).IndexOf(needle);

    private byte[] Take(int count)
    {
        var taken = _read.GetRange(0, count).ToArray();
        _read.RemoveRange(0, count);
        return taken;
    }

    private async Task<bool> MoreAsync()
    {
        var buffer = new byte[16 * 1024];
        try
        {
            var read = await stream.ReadAsync(buffer);
            _read.AddRange(buffer.AsSpan(0, read));
            return read > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
