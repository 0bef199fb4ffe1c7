using System.Buffers;

namespace Nexus.Web.Operations.Logs;

/// <summary>One thing that was logged, before it is a line.</summary>
/// <param name="Source">The logger's category without the leading "Nexus.Web.".</param>
/// <param name="Properties">Structured values by name; the template under <c>{OriginalFormat}</c>.</param>
internal readonly record struct LogEntry(
    DateTimeOffset Timestamp,
    LogLevel Level,
    string Source,
    string? Event,
    string Message,
    IReadOnlyList<KeyValuePair<string, object?>> Properties,
    Exception? Error,
    LogScope? Scope)
{
    public const string Template = "{OriginalFormat}";

    public string LevelName => Level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        _ => "error",
    };

    /// <summary>The template; empty where the logger was given a bare message.</summary>
    public string MessageTemplate
    {
        get
        {
            // It comes last.
            for (var i = Properties.Count - 1; i >= 0; i--)
                if (Properties[i] is { Key: Template, Value: string template })
                    return template;
            return "";
        }
    }
}

/// <summary>How an entry looks as a line, its end included. Used by one thread at a time.</summary>
internal interface ILogFormat
{
    void Write(IBufferWriter<byte> output, in LogEntry entry);
}
