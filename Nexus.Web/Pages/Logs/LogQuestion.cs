using Microsoft.AspNetCore.WebUtilities;
using Nexus.Web.Operations.Logs;

namespace Nexus.Web.Pages.Logs;

/// <summary>Which lines of the log a viewer wants to see; its whole state is in the URL.</summary>
internal sealed record LogQuestion
{
    public required LogFilter Filter { get; init; }

    /// <summary>A key of <see cref="RequestFilter.Ranges"/>, or <c>custom</c>.</summary>
    public string? Range { get; init; }

    /// <summary>On the viewer's clock, <c>yyyy-MM-ddTHH:mm</c>.</summary>
    public string? From { get; init; }

    public string? To { get; init; }

    /// <summary>What of the URL was not understood, in words for the viewer.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Whether lines from now on can match.</summary>
    public bool IsOpen => Filter.To is null;

    public static LogQuestion Read(IQueryCollection query, TimeZoneInfo zone, DateTimeOffset now)
    {
        string? Text(string name) => query[name].ToString().Trim() is { Length: > 0 and <= 200 } text ? text : null;
        var problems = new List<string>();
        var level = Text("level");
        if (level is not null && !LogFilter.Levels.Contains(level))
        {
            problems.Add($"The level '{level}' does not exist.");
            level = null;
        }

        var (range, from, to) = (Text("range"), Text("from"), Text("to"));
        var filter = new LogFilter { Level = level, Service = Text("service"), Source = Text("source"), Domain = Text("domain"), RequestId = Text("request"), Text = Text("text") };
        if (range is not null && RequestFilter.Ranges.TryGetValue(range, out var span))
            return new() { Filter = filter with { From = now - span }, Range = range, Problems = problems };
        if (range == "custom")
            return new() { Filter = filter with { From = RequestFilter.Time(from, zone, problems), To = RequestFilter.Time(to, zone, problems) }, Range = range, From = from, To = to, Problems = problems };
        if (range is not null)
            problems.Add($"The time range '{range}' does not exist.");
        return new() { Filter = filter, Problems = problems };
    }

    /// <summary>As a query string with its <c>?</c>, followed by what else is given; empty without any.</summary>
    public string Query(params (string Name, string? Value)[] more) =>
        QueryHelpers.AddQueryString("", Pairs.Concat(more).Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Name, pair.Value)));

    /// <summary>What it stands for in the URL.</summary>
    public IReadOnlyList<(string Name, string? Value)> Pairs =>
    [
        ("level", Filter.Level), ("service", Filter.Service), ("source", Filter.Source), ("domain", Filter.Domain), ("request", Filter.RequestId), ("text", Filter.Text), ("range", Range), ("from", From), ("to", To),
    ];
}
