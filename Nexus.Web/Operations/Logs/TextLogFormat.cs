using System.Buffers;
using System.Globalization;
using System.Text;

namespace Nexus.Web.Operations.Logs;

/// <summary>For a person at a terminal: local time, level, service, message, then those properties that the message does not say; errors on lines of their own.</summary>
/// <param name="coloured">With ANSI colours.</param>
internal sealed class TextLogFormat(SecretMask mask, bool coloured, TimeZoneInfo zone) : ILogFormat
{
    private readonly StringBuilder _text = new();

    public void Write(IBufferWriter<byte> output, in LogEntry entry)
    {
        _text.Clear();
        Dim(TimeZoneInfo.ConvertTime(entry.Timestamp, zone).ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture));
        Colour(ColourOf(entry.Level), $" {entry.LevelName,-5} ");
        if (entry.Scope is { } scope)
            Dim($"{scope.Service} ");
        _text.Append(mask.Apply(entry.Message));
        var template = entry.MessageTemplate;
        foreach (var (name, value) in entry.Properties)
            if (name != LogEntry.Template && value is not null && !template.Contains($"{{{name}", StringComparison.Ordinal))
                Dim(string.Create(CultureInfo.InvariantCulture, $" {char.ToLowerInvariant(name[0])}{name.AsSpan(1)}={(SecretMask.Hides(name) ? SecretMask.Masked : mask.Apply(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""))}"));
        if (entry.Error is { } error)
            _text.Append('\n').Append(mask.Apply(error.ToString()));
        _text.Append('\n');
        Encoding.UTF8.GetBytes(_text.ToString(), output);
    }

    private static int ColourOf(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => 90,
        LogLevel.Information => 32,
        LogLevel.Warning => 33,
        _ => 31,
    };

    private void Dim(string text) => Colour(90, text);

    private void Colour(int code, string text)
    {
        if (coloured)
            _text.Append(CultureInfo.InvariantCulture, $"\e[{code}m{text}\e[0m");
        else
            _text.Append(text);
    }
}
