using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Nexus.Web.Capture;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Proxy;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>Which requests a viewer wants to see; its whole state is in the URL.</summary>
internal sealed record RequestFilter
{
    /// <summary>Every outcome that the rollups count as an error.</summary>
    public const string Errors = "errors";

    private static readonly string[] Failed = Capture.Outcomes.Failed;

    public static IReadOnlyList<string> Outcomes { get; } = [.. Enum.GetValues<Outcome>().Select(outcome => outcome.ToText())];

    public static IReadOnlyDictionary<string, TimeSpan> Ranges { get; } = new Dictionary<string, TimeSpan>
    {
        ["15m"] = TimeSpan.FromMinutes(15),
        ["1h"] = TimeSpan.FromHours(1),
        ["24h"] = TimeSpan.FromDays(1),
        ["7d"] = TimeSpan.FromDays(7),
        ["30d"] = TimeSpan.FromDays(30),
    };

    public string? Domain { get; init; }
    public string? Model { get; init; }
    public string? Outcome { get; init; }

    /// <summary>A status such as <c>529</c>, or a class such as <c>4xx</c>.</summary>
    public string? Status { get; init; }

    /// <summary>A key of <see cref="Ranges"/>, or <c>custom</c> for <see cref="From"/> and <see cref="To"/>.</summary>
    public string? Range { get; init; }

    /// <summary>As on the viewer's clock, <c>yyyy-MM-ddTHH:mm</c>.</summary>
    public string? From { get; init; }

    public string? To { get; init; }

    /// <summary>What of the URL was not understood, in words for the viewer.</summary>
    public IReadOnlyList<string> Problems { get; private init; } = [];

    private DateTimeOffset? Least { get; init; }
    private DateTimeOffset? Past { get; init; }
    private (int Least, int Most)? StatusRange { get; init; }

    public bool IsEmpty => Query().Length == 0;

    /// <summary>The length of the chosen time; null when it has no beginning.</summary>
    public TimeSpan? Length(DateTimeOffset now) => Least is { } from ? (Past ?? now) - from : null;

    /// <summary>The chosen time; null for an end that is open.</summary>
    public (DateTimeOffset? From, DateTimeOffset? To) Times => (Least, Past);

    /// <summary>With something of the URL that is not followed, in words for the viewer.</summary>
    public RequestFilter Without(string problem) => this with { Problems = [.. Problems, problem] };

    /// <summary>Whether requests that end from now on can match.</summary>
    public bool IsOpen => Past is null;

    public static RequestFilter Read(IQueryCollection query, TimeZoneInfo zone, DateTimeOffset now)
    {
        string? Text(string name) => query[name].ToString() is { Length: > 0 and <= 200 } text ? text : null;
        var problems = new List<string>();
        var filter = new RequestFilter { Domain = Text("domain"), Model = Text("model"), Outcome = Text("outcome"), Status = Text("status"), Range = Text("range"), Problems = problems };
        if (filter.Outcome is { } outcome && outcome != Errors && !Outcomes.Contains(outcome))
        {
            problems.Add($"The outcome '{outcome}' does not exist.");
            filter = filter with { Outcome = null };
        }

        if (filter.Status is { } status && (filter = filter with { StatusRange = StatusesOf(status) }).StatusRange is null)
        {
            problems.Add($"The status '{status}' is neither a number such as 529 nor a class such as 4xx.");
            filter = filter with { Status = null };
        }

        return filter.WithTimes(Text("from"), Text("to"), zone, now, problems);
    }

    public IQueryable<LedgerRow> Apply(IQueryable<LedgerRow> rows)
    {
        if (Domain is { } domain)
            rows = rows.Where(row => row.Domain == domain);
        if (Model is { } model)
            rows = rows.Where(row => row.ModelServed == model || row.ModelRequested == model);
        if (Outcome == Errors)
            rows = rows.Where(row => Failed.Contains(row.Outcome));
        else if (Outcome is { } outcome)
            rows = rows.Where(row => row.Outcome == outcome);
        if (StatusRange is (var least, var most))
            rows = rows.Where(row => row.Status >= least && row.Status <= most);
        if (Least is { } from)
            rows = rows.Where(row => row.StartedAt >= from);
        if (Past is { } to)
            rows = rows.Where(row => row.StartedAt < to);
        return rows;
    }

    public bool Matches(RequestLine line) =>
        (Domain is null || line.Domain == Domain)
        && (Model is null || line.Model == Model || line.ModelRequested == Model)
        && (Outcome is null || (Outcome == Errors ? Failed.Contains(line.Outcome) : line.Outcome == Outcome))
        && (StatusRange is not (var least, var most) || (line.Status >= least && line.Status <= most))
        && (Least is null || line.At >= Least)
        && (Past is null || line.At < Past);

    /// <summary>A request on its way has no outcome yet: it is told by domain and model alone.</summary>
    public bool Matches(InFlightRequest request) => (Domain is null || request.Domain == Domain) && (Model is null || request.Model == Model);

    /// <summary>The filter as a query string with its <c>?</c>, followed by what else is given; empty without any.</summary>
    public string Query(params IEnumerable<(string Name, string? Value)> more) =>
        QueryHelpers.AddQueryString("", Pairs.Concat(more).Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Name, pair.Value)));

    /// <summary>What it stands for in the URL.</summary>
    public IReadOnlyList<(string Name, string? Value)> Pairs => [("domain", Domain), ("model", Model), ("outcome", Outcome), ("status", Status), ("range", Range), ("from", From), ("to", To)];

    private RequestFilter WithTimes(string? from, string? to, TimeZoneInfo zone, DateTimeOffset now, List<string> problems)
    {
        if (Range is not { } range)
            return this;
        if (Ranges.TryGetValue(range, out var span))
            return this with { Least = now - span };
        if (range == "custom")
            return this with { From = from, To = to, Least = Time(from, zone, problems), Past = Time(to, zone, problems) };
        problems.Add($"The time range '{range}' does not exist.");
        return this with { Range = null };
    }

    /// <summary>A time of the URL on the viewer's clock; what is none is said in <paramref name="problems"/>.</summary>
    internal static DateTimeOffset? Time(string? text, TimeZoneInfo zone, List<string> problems)
    {
        if (text is null)
            return null;
        if (DateTime.TryParseExact(text, ["yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) && local.Year is > 1 and < 9999)
            return zone.Instant(local);
        problems.Add($"'{text}' is not a time such as 2026-11-24T09:30.");
        return null;
    }

    private static (int, int)? StatusesOf(string text)
    {
        if (text.Length != 3 || text[0] is < '1' or > '5')
            return null;
        if (text.EndsWith("xx", StringComparison.Ordinal))
            return ((text[0] - '0') * 100, ((text[0] - '0') * 100) + 99);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var exact) ? (exact, exact) : null;
    }
}
