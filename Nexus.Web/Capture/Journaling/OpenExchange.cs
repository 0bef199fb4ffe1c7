using MemoryPack;

namespace Nexus.Web.Capture.Journaling;

/// <summary>Where a record lies.</summary>
internal readonly record struct Location(SegmentReader Reader, long Offset, JournalRecord Record);

/// <summary>An exchange whose end the reader has not seen yet: only the places of its records are remembered.</summary>
internal sealed class OpenExchange(Guid id, Location start)
{
    public Guid Id => id;

    public Location Start => start;

    public List<Location> Answers { get; } = [];

    /// <summary>Reads the records back, into memory that is used again for the next exchange.</summary>
    /// <param name="end">Null where a crash left it out.</param>
    public RecordedExchange Read(Location? end, ExchangeMemory memory)
    {
        var (startMetadata, request) = Take(start, memory);
        var started = MemoryPackSerializer.Deserialize<StartMetadata>(startMetadata.Span)!;

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
            var (packed, payload) = Take(record, memory);
            var metadata = MemoryPackSerializer.Deserialize<AnswerRecord>(packed.Span)!;
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
        over ??= Interruption.EndOf(answer, response.Length, arrivals, request.Length);
        return new RecordedExchange(id, started, request, answer, response, arrivals, over, start.Record.Shed || records.Exists(record => record.Record.Shed));
    }

    private static (ReadOnlyMemory<byte> Metadata, ReadOnlyMemory<byte> Payload) Take(Location location, ExchangeMemory memory)
    {
        var record = memory.Rent(location.Record.MetadataLength + location.Record.PayloadLength);
        location.Reader.Read(record.Span, location.Offset + JournalRecord.HeaderLength);
        return (record[..location.Record.MetadataLength], record[location.Record.MetadataLength..]);
    }
}

/// <summary>An exchange that has ended, still in the journal.</summary>
/// <param name="End">Null where a crash left it out.</param>
internal sealed record EndedExchange(OpenExchange Exchange, Location? End)
{
    public Guid Id => Exchange.Id;

    /// <summary>Of request and answer together.</summary>
    public long PayloadBytes => Exchange.Start.Record.PayloadLength + Exchange.Answers.Sum(answer => (long)answer.Record.PayloadLength) + (End?.Record.PayloadLength ?? 0);
}
