using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Nexus.Web.Api;

/// <summary>Times as the older system's scripts read them: ISO 8601 with milliseconds and <c>Z</c> (spec §6.1).</summary>
internal sealed class IsoTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
}
