using System.Buffers;
using System.Text.Json;

namespace Nexus.Web.Capture.Journaling;

/// <summary>Where a record lies.</summary>
internal readonly record struct Location(SegmentReader Reader, long Offset, JournalRecord Record);

/// <summary>An exchange whose end the reader has not seen yet: only the places of its records are remembered.</summary>
internal sealed class OpenExchange(Guid id, Location start)
{
    public Location Start => start;

    public List<Location> Answers { get; } = [];

    /// <summary>Reads the records back. Arrays rented for the bodies are added to <paramref name="rented"/> and belong to the caller.</summary>
    public RecordedExchange Read(Location? end, List<byte[]> rented, out long bytes)
    {
        var started = JsonSerializer.Deserialize(Metadata(start), JournalJson.Default.StartMetadata)!;
        var request = Rent(start.Record.PayloadLength, rented);
        start.Reader.Read(request.Span, Payload(start));

        AnswerMetadata? answer = null;
        EndMetadata? over = null;
        var arrivals = new List<Arrival>();
        List<Location> records = end is { } last ? [.. Answers, last] : Answers;
        var response = Rent(records.Sum(record => record.Record.PayloadLength), rented);
        var filled = 0;
        foreach (var record in records)
        {
            var metadata = JsonSerializer.Deserialize(Metadata(record), JournalJson.Default.AnswerRecord)!;
            answer ??= metadata.Answer;
            over ??= metadata.End;
            ArrivalCodec.Decode(metadata.Arrivals, arrivals);
            record.Reader.Read(response.Span.Slice(filled, record.Record.PayloadLength), Payload(record));
            filled += record.Record.PayloadLength;
        }

        bytes = request.Length + (long)response.Length;
        over ??= Interruption.EndOf(answer, response.Length, arrivals, request.Length);
        return new RecordedExchange(id, started, request, answer, response, arrivals, over, start.Record.Shed || records.Exists(record => record.Record.Shed));
    }

    private static long Payload(Location location) => location.Offset + JournalRecord.HeaderLength + location.Record.MetadataLength;

    private static byte[] Metadata(Location location)
    {
        var metadata = new byte[location.Record.MetadataLength];
        location.Reader.Read(metadata, location.Offset + JournalRecord.HeaderLength);
        return metadata;
    }

    private static Memory<byte> Rent(int length, List<byte[]> rented)
    {
        if (length == 0)
            return Memory<byte>.Empty;
        var array = ArrayPool<byte>.Shared.Rent(length);
        rented.Add(array);
        return array.AsMemory(0, length);
    }
}
