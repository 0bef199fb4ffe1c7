using Nexus.Web.Conversations;

namespace Nexus.Web.Pages;

/// <summary>Which conversations are asked for, as the URL says it: the page and its export read the same.</summary>
/// <param name="Single">With the requests that are a conversation by themselves.</param>
internal sealed record ConversationQuestion(ConversationFilter Filter, TimeRange Range, bool Single)
{
    private const string Preset = "30d";

    /// <summary>What it stands for in the URL.</summary>
    public IReadOnlyList<(string Name, string? Value)> Pairs =>
    [
        .. Range.Query(Preset), ("q", Filter.Words), ("domain", Filter.Domain), ("person", Filter.Person), ("account", Filter.Account), ("model", Filter.Model), ("only", Filter.Only), ("single", Single ? "true" : null),
    ];

    public static ConversationQuestion Read(IQueryCollection query, TimeZoneInfo zone, DateTimeOffset now)
    {
        string? Text(string name) => query[name].ToString() is { Length: > 0 and <= 200 } text ? text : null;
        var range = TimeRange.Read(query, zone, now, Preset);
        var only = Text("only") is { } kind && ConversationFilter.Kinds.Contains(kind) ? kind : null;
        return new(new(Text("domain"), Text("account"), Text("person"), Text("model"), range.From, range.Name == "custom" ? range.To : null, Text("q"), only), range, Text("single") == "true");
    }
}
