using System.Globalization;

namespace Nexus.Web.Capture.Journaling;

/// <summary>The end of an exchange that a killed process could not write.</summary>
internal static class Interruption
{
    /// <summary>Completed where the bytes show that the caller may have had the whole answer, else interrupted.</summary>
    public static EndMetadata EndOf(AnswerMetadata? answer, ReadOnlySpan<byte> response, List<Arrival> arrivals, long requestBytes)
    {
        var micros = arrivals.Count > 0 ? arrivals[^1].Micros : answer?.HeadersMicros ?? 0;
        if (answer is not null && IsWhole(answer, response))
            return new EndMetadata(answer.Status < 400 ? Outcome.Completed : Outcome.UpstreamError, micros, requestBytes, response.Length);
        return new EndMetadata(Outcome.Interrupted, micros, requestBytes, response.Length, "Nexus stopped while the request was in flight.");
    }

    private static bool IsWhole(AnswerMetadata answer, ReadOnlySpan<byte> response)
    {
        if (answer.Headers.Find("content-length") is { } counted)
            return long.TryParse(counted, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length == response.Length;
        return response.IndexOf("event: message_stop"u8) >= 0 || response.IndexOf("\"type\":\"message_stop\""u8) >= 0;
    }
}
