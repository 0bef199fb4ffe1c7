using Nexus.Web.Capture;

namespace Nexus.Web.Proxy;

/// <summary>Header lines for the journal, with the values of credential headers masked.</summary>
internal static class HeaderMask
{
    private static readonly HashSet<string> Secret = new(StringComparer.OrdinalIgnoreCase) { "authorization", "x-api-key", "proxy-authorization", "cookie", "set-cookie", "x-dashboard-key" };

    public static List<HeaderLine> Lines(IHeaderDictionary headers)
    {
        var lines = new List<HeaderLine>(headers.Count);
        foreach (var (name, values) in headers)
            foreach (var value in values)
                lines.Add(Line(name, value ?? ""));
        return lines;
    }

    public static List<HeaderLine> Lines(HttpResponseMessage response)
    {
        var lines = new List<HeaderLine>(24); // Anthropic sends about 20
        foreach (var headers in new System.Net.Http.Headers.HttpHeaders[] { response.Headers, response.Content.Headers })
            foreach (var (name, values) in headers.NonValidated)
                foreach (var value in values)
                    lines.Add(Line(name, value));
        return lines;
    }

    /// <summary>"name: value" of each header, for the log.</summary>
    public static string Text(IEnumerable<HeaderLine> headers) => string.Join('\n', headers.Select(line => $"{line.Name}: {line.Value}"));

    private static HeaderLine Line(string name, string value)
    {
        if (!Secret.Contains(name))
            // A key in a header that is not meant for keys is still a key.
            return new(name, value.Contains("cnp_", StringComparison.Ordinal) || value.Contains("sk-ant-", StringComparison.Ordinal) ? "****" : value);
        var scheme = name.Equals("authorization", StringComparison.OrdinalIgnoreCase) && value.IndexOf(' ') is var space and > 0 and < 16 ? value[..(space + 1)] : "";
        return new(name, scheme + "****");
    }
}
