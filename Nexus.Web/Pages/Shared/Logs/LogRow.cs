using Nexus.Web.Operations.Logs;
using Nexus.Web.Pages.Logs;

namespace Nexus.Web.Pages.Shared.Logs;

/// <summary>A line of the log as the page shows it.</summary>
/// <param name="Id">Its position.</param>
public sealed record LogRow(string Id, DateTimeOffset At, string Level, string Service, string Source, string Event, string Message, string? RequestId, IReadOnlyList<(string Name, string Value)> Rest, string? Stack)
{
    internal static List<LogRow> Of(IReadOnlyList<LogLine> lines) => [.. lines.Select(line => new LogRow(line.Position.ToString(), line.At, line.Level, line.Service, line.Source, line.Event, line.Message, line.RequestId, line.Rest, line.Stack))];
}

/// <summary>A level that somebody changed.</summary>
public sealed record LevelRow(string Category, Microsoft.Extensions.Logging.LogLevel Level, DateTimeOffset? Until, string By)
{
    public string LevelName => Level switch
    {
        Microsoft.Extensions.Logging.LogLevel.Debug => "debug",
        Microsoft.Extensions.Logging.LogLevel.Information => "info",
        Microsoft.Extensions.Logging.LogLevel.Warning => "warn",
        _ => "error",
    };
}

/// <summary>A day's export.</summary>
public sealed record LogDay(DateOnly Day, string Name, long Bytes);

/// <summary>The filter as its form has it.</summary>
public sealed record LogFields(string? Level, string? Service, string? Source, string? Domain, string? RequestId, string? Text, string? Range, string? From, string? To)
{
    internal static LogFields Of(LogQuestion question) =>
        new(question.Filter.Level, question.Filter.Service, question.Filter.Source, question.Filter.Domain, question.Filter.RequestId, question.Filter.Text, question.Range, question.From, question.To);
}
