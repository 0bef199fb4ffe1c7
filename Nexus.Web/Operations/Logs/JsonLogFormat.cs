using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Nexus.Web.Operations.Logs;

/// <summary>
/// One JSON object a line: timestamp, level, service, source, event, message, requestId, the structured properties, error.
/// A line is at most 8 KB, as syslog carries; what had to be cut says how much is missing, and <c>truncated</c> is true.
/// </summary>
internal sealed class JsonLogFormat(SecretMask mask) : ILogFormat, IDisposable
{
    public const int MostBytes = 8 << 10;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Characters that one text may have; the next is tried while the line is too long.</summary>
    private static readonly int[] Lengths = [MostBytes, 2000, 500, 100, 20];

    private static readonly HashSet<string> Reserved = ["timestamp", "level", "service", "source", "event", "message", "error", "truncated"];
    private static readonly ConcurrentDictionary<string, (JsonEncodedText Encoded, bool Hidden)> Names = new();
    private static readonly ConcurrentDictionary<string, JsonEncodedText> Events = new();

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly byte[] _timestamp = new byte[24];
    private readonly Utf8JsonWriter _json = new(Stream.Null, Options);
    private long _millisecond = -1;

    public void Write(IBufferWriter<byte> output, in LogEntry entry)
    {
        foreach (var length in Lengths)
        {
            _buffer.ResetWrittenCount();
            _json.Reset(_buffer);
            // With every text at its shortest a line is still too long only for its number of properties.
            Write(entry, length, withProperties: length > Lengths[^1]);
            _json.Flush();
            if (_buffer.WrittenCount < MostBytes)
                break;
        }

        output.Write(_buffer.WrittenSpan);
        output.Write("\n"u8);
    }

    public void Dispose() => _json.Dispose();

    private void Write(in LogEntry entry, int most, bool withProperties)
    {
        _json.WriteStartObject();
        _json.WriteString("timestamp"u8, Timestamp(entry.Timestamp));
        _json.WriteString("level"u8, entry.LevelName);
        _json.WriteString("service"u8, entry.Scope?.Service ?? "nexus");
        _json.WriteString("source"u8, entry.Source);
        if (entry.Event is { Length: > 0 } eventName)
            _json.WriteString("event"u8, Events.GetOrAdd(eventName, static name => JsonEncodedText.Encode(JsonNamingPolicy.SnakeCaseLower.ConvertName(name))));
        Text("message"u8, entry.Message, most);
        var knowsRequest = false;
        if (withProperties)
            for (var i = 0; i < entry.Properties.Count; i++)
            {
                var (name, value) = entry.Properties[i];
                knowsRequest |= Property(name, value, most);
            }
        if (!knowsRequest && entry.Scope?.RequestId is { } requestId)
            _json.WriteString("requestId"u8, requestId);
        if (entry.Error is { } error)
            Error(error, most);
        if (most < MostBytes)
            _json.WriteBoolean("truncated"u8, true);
        _json.WriteEndObject();
    }

    /// <summary>Made once a millisecond.</summary>
    private ReadOnlySpan<byte> Timestamp(DateTimeOffset time)
    {
        var millisecond = time.UtcTicks / TimeSpan.TicksPerMillisecond;
        if (millisecond != _millisecond)
            time.UtcDateTime.TryFormat(_timestamp, out _, "yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        _millisecond = millisecond;
        return _timestamp;
    }

    /// <summary>Whether it was the request's id.</summary>
    private bool Property(string name, object? value, int most)
    {
        if (name == LogEntry.Template || value is null)
            return false;
        var (encoded, hidden) = Names.GetOrAdd(name, static name => (JsonEncodedText.Encode(NameOf(name)), SecretMask.Hides(name)));
        _json.WritePropertyName(encoded);
        switch (value)
        {
            case string text:
                Text(hidden ? SecretMask.Masked : text, most);
                break;
            case int number:
                _json.WriteNumberValue(number);
                break;
            case long number:
                _json.WriteNumberValue(number);
                break;
            case double number when double.IsFinite(number):
                _json.WriteNumberValue(number);
                break;
            case bool yes:
                _json.WriteBooleanValue(yes);
                break;
            case Guid id:
                _json.WriteStringValue(id);
                break;
            default:
                Text(hidden ? SecretMask.Masked : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", most);
                break;
        }

        return name == "RequestId";
    }

    private void Error(Exception error, int most)
    {
        _json.WriteStartObject("error"u8);
        _json.WriteString("type"u8, error.GetType().FullName);
        Text("message"u8, error.Message, most);
        Text("stack"u8, error.ToString(), most);
        _json.WriteEndObject();
    }

    private void Text(ReadOnlySpan<byte> name, string value, int most)
    {
        _json.WritePropertyName(name);
        Text(value, most);
    }

    private void Text(string value, int most)
    {
        // First what is secret, then the cut: half a secret is not known as one.
        var text = mask.Apply(value);
        if (text.Length <= most)
            _json.WriteStringValue(text);
        else
            _json.WriteStringValue($"{text.AsSpan(0, char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)}… [{text.Length - most} more characters]");
    }

    private static string NameOf(string name)
    {
        var camel = JsonNamingPolicy.CamelCase.ConvertName(name);
        return Reserved.Contains(camel) ? "_" + camel : camel;
    }
}
