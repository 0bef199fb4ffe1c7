using System.Globalization;

namespace Nexus.Web.Capture.Journaling;

/// <summary>The end of an exchange that a killed process could not write.</summary>
internal static class Interruption
{
    /// <summary>Completed where the caller may have had every counted byte, else interrupted; of a stream its events say more, to ingest.</summary>
    public static EndMetadata EndOf(AnswerMetadata? answer, int received, List<Arrival> arrivals, long requestBytes)
    {
        var micros = arrivals.Count > 0 ? arrivals[^1].Micros : answer?.HeadersMicros ?? 0;
        if (answer is not null && IsWhole(answer, received))
            return new EndMetadata(answer.Status < 400 ? Outcome.Completed : Outcome.UpstreamError, micros, requestBytes, received);
        return new EndMetadata(Outcome.Interrupted, micros, requestBytes, received, "Nexus stopped while the request was in flight.");
    }

    private static bool IsWhole(AnswerMetadata answer, int received) =>
        long.TryParse(answer.Headers.Find("content-length"), NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length == received;
}
