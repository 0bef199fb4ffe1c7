using System.Text.Json.Serialization;

namespace Nexus.Web.Capture.Journaling;

/// <summary>Metadata of a <see cref="RecordKind.Bytes"/> or <see cref="RecordKind.End"/> record.</summary>
/// <param name="Answer">Status and headers, in the first record that has them.</param>
/// <param name="Arrivals">Varint pairs, see <see cref="ArrivalCodec"/>.</param>
/// <param name="End">Only in an end record.</param>
internal sealed record AnswerRecord(AnswerMetadata? Answer, byte[] Arrivals, EndMetadata? End);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StartMetadata))]
[JsonSerializable(typeof(AnswerRecord))]
internal sealed partial class JournalJson : JsonSerializerContext;
