using MemoryPack;

namespace Nexus.Web.Capture.Journaling;

/// <summary>Metadata of a <see cref="RecordKind.Bytes"/> or <see cref="RecordKind.End"/> record. Members may be added at the end.</summary>
/// <param name="Answer">Status and headers, in the first record that has them.</param>
/// <param name="Arrivals">Varint pairs, see <see cref="ArrivalCodec"/>.</param>
/// <param name="End">Only in an end record.</param>
[MemoryPackable]
internal sealed partial record AnswerRecord(AnswerMetadata? Answer, byte[] Arrivals, EndMetadata? End);
