using System.Text.Json;

namespace Nexus.Web.Capture.Journaling;

/// <summary>Where a record lies.</summary>
internal readonly record struct Location(SegmentReader Reader, long Offset, JournalRecord Record);

/// <summary>An exchange whose end the reader has not seen yet: only the places of its records are remembered.</summary>
internal sealed class OpenExchange(Guid id, Location start)
{
    public Location Start => start;

    public List<Location> Answers { get; } = [];

    /// <summary>Reads the records back, into memory that the batch gives back.</summary>
    public RecordedExchange Read(Location? end, BatchMemory memory, out long bytes)
    {
        var (startMetadata, request) = Take(start, memory);
        var started = JsonSerializer.Deserialize(startMetadata.Span, JournalJson.Default.StartMetadata)!;

        AnswerMetadata? answer = null;
        EndMetadata? over = null;
        var arrivals = new List<Arrival>();
        List<Location> records = end is { } last ? [.. Answers, last] : Answers;
        ReadOnlyMemory<byte> response = default;
        // An answer in one piece, as nearly all are, stays where it was read.
        var whole = records.Count > 1 ? memory.Rent(records.Sum(record => record.Record.PayloadLength)) : default;
        var filled = 0;
        foreach (var record in records)
        {
            var (json, payload) = Take(record, memory);
            var metadata = JsonSerializer.Deserialize(json.Span, JournalJson.Default.AnswerRecord)!;
            answer ??= metadata.Answer;
            over ??= metadata.End;
            ArrivalCodec.Decode(metadata.Arrivals, arrivals);
            if (records.Count == 1)
                response = payload;
            else
                payload.CopyTo(whole[filled..]);
            filled += payload.Length;
        }

        if (records.Count > 1)
            response = whole;
        bytes = request.Length + (long)response.Length;
        over ??= Interruption.EndOf(answer, response.Length, arrivals, request.Length);
        return new RecordedExchange(id, started, request, answer, response, arrivals, over, start.Record.Shed || records.Exists(record => record.Record.Shed));
    }

    private static (ReadOnlyMemory<byte> Metadata, ReadOnlyMemory<byte> Payload) Take(Location location, BatchMemory memory)
    {
        var record = memory.Rent(location.Record.MetadataLength + location.Record.PayloadLength);
        location.Reader.Read(record.Span, location.Offset + JournalRecord.HeaderLength);
        return (record[..location.Record.MetadataLength], record[location.Record.MetadataLength..]);
    }
}
