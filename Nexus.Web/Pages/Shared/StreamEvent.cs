using System.Text;
using Nexus.Web.Capture;

namespace Nexus.Web.Pages.Shared;

/// <summary>One event of a streamed answer.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Micros">From the request's arrival to that of the event's last byte; null when it is not known.</param>
public sealed record StreamEvent(int Number, long? Micros, string Name, string Data)
{
    /// <summary>The events from <paramref name="first"/> (counted from 0), at most <paramref name="most"/>, and how many there are.</summary>
    internal static (List<StreamEvent> Events, int Count) Of(ReadOnlySpan<byte> body, IReadOnlyList<Arrival> arrivals, int first, int most)
    {
        var events = new List<StreamEvent>();
        var (count, start, arrival) = (0, 0, 0);
        while (start < body.Length)
        {
            var past = End(body, start);
            var text = body[start..past];
            start = past;
            if (text.Trim("\r\n"u8).IsEmpty)
                continue;
            // The event was complete with the read that brought its last byte.
            while (arrival + 1 < arrivals.Count && arrivals[arrival + 1].Offset < past)
                arrival++;
            if (count >= first && events.Count < most)
                events.Add(One(count + 1, arrival < arrivals.Count ? arrivals[arrival].Micros : null, Encoding.UTF8.GetString(text)));
            count++;
        }

        return (events, count);
    }

    /// <summary>Where the event that starts at <paramref name="start"/> ends: after its empty line, or at the end of a stream that broke off.</summary>
    private static int End(ReadOnlySpan<byte> body, int start)
    {
        var rest = body[start..];
        var lf = rest.IndexOf("\n\n"u8);
        var crlf = rest.IndexOf("\r\n\r\n"u8);
        if (lf < 0 && crlf < 0)
            return body.Length;
        return crlf < 0 || (lf >= 0 && lf < crlf) ? start + lf + 2 : start + crlf + 4;
    }

    private static StreamEvent One(int number, long? micros, string text)
    {
        var name = "message";
        var data = new List<string>();
        foreach (var line in text.Split('\n').Select(line => line.TrimEnd('\r')))
        {
            if (line.StartsWith("event:", StringComparison.Ordinal))
                name = line[6..].Trim();
            else if (line.StartsWith("data:", StringComparison.Ordinal))
                data.Add(line[5..].TrimStart(' '));
            else if (line.StartsWith(':'))
                name = "comment";
        }

        return new(number, micros, name, data.Count > 0 ? string.Join('\n', data) : text.Trim());
    }
}
