using System.Text.RegularExpressions;

namespace Nexus.Web.Tests.Clients;

/// <summary>
/// Puts names in the place of what a client makes up anew in each run: session, device and agent ids (numbered as they first
/// appear, so that mixing two up still shows), clock times, durations, its process id, its base URL.
/// </summary>
internal sealed partial class VaryingValues(Route route)
{
    private readonly Dictionary<string, string> _names = [];

    public string Remove(string text) => Remove(text, Name);

    /// <summary>The texts in an order that two runs share although some are sent at once, then without what varies.</summary>
    public IReadOnlyList<string> Remove(IEnumerable<string> texts) => [.. texts.OrderBy(text => Remove(text, _ => "ID"), StringComparer.Ordinal).Select(Remove)];

    private string Remove(string text, Func<string, string> name)
    {
        text = text.Replace(route.BaseUrl, "BASE_URL", StringComparison.Ordinal).Replace(new Uri(route.BaseUrl).Authority, "BASE_HOST", StringComparison.Ordinal);
        text = Id().Replace(text, match => name(match.Value));
        text = Instant().Replace(text, "INSTANT");
        text = Socket().Replace(text, "PID.sock");
        return Duration().Replace(text, "$1 0");
    }

    private string Name(string id)
    {
        if (!_names.TryGetValue(id, out var name))
            _names[id] = name = $"ID-{_names.Count}";
        return name;
    }

    /// <summary>A UUID, a device id (SHA-256), an agent id, or a run id.</summary>
    [GeneratedRegex(@"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{64}\b|\ba[0-9a-f]{16}\b|(?<=""run_id"":"")[0-9a-z]+-[0-9a-f]+")]
    private static partial Regex Id();

    [GeneratedRegex(@"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?")]
    private static partial Regex Instant();

    [GeneratedRegex(@"\b\d+\.sock\b")]
    private static partial Regex Socket();

    [GeneratedRegex(@"(\w+(?:_ms|Ms|_time|Seconds)\\?""?:)\s*\d+(\.\d+)?")]
    private static partial Regex Duration();
}
