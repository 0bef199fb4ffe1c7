using System.Text;
using Nexus.Web.Capture;

namespace Nexus.Web.Pages;

/// <summary>
/// A stored request as a command for a POSIX shell. Address and credential are the reader's own variables: Nexus keeps neither.
/// </summary>
internal static class CurlCommand
{
    /// <summary>What curl sets itself, or what belonged to the one connection.</summary>
    private static readonly HashSet<string> Left = new(StringComparer.OrdinalIgnoreCase)
    {
        "host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect", "keep-alive", "te", "upgrade", "cookie", "proxy-authorization", "x-dashboard-key",
    };

    public static string Of(string method, string path, IEnumerable<HeaderLine> headers, byte[]? body)
    {
        var command = new StringBuilder();
        var isText = body is not null && IsText(body);
        if (body is not null)
            command.Append(isText ? "printf '%s' " + Quoted(Encoding.UTF8.GetString(body)) : "printf '%s' '" + Convert.ToBase64String(body) + "' | base64 -d").Append(" \\\n| ");
        command.Append("curl --compressed -X ").Append(Quoted(method)).Append(" \"${ANTHROPIC_BASE_URL:-http://localhost:3000}\"").Append(Quoted(path));
        foreach (var header in headers.Where(header => !Left.Contains(header.Name)))
            command.Append(" \\\n  -H ").Append(Header(header));
        if (body is not null)
            command.Append(" \\\n  --data-binary @-");
        return command.Append('\n').ToString();
    }

    private static string Header(HeaderLine header) => header.Name.ToLowerInvariant() switch
    {
        "authorization" => "\"authorization: Bearer $ANTHROPIC_AUTH_TOKEN\"",
        "x-api-key" => "\"x-api-key: $ANTHROPIC_API_KEY\"",
        _ => Quoted($"{header.Name}: {header.Value}"),
    };

    /// <summary>Between single quotes a shell reads everything but a single quote as it stands.</summary>
    private static string Quoted(string text) => "'" + text.Replace("'", """'\''""", StringComparison.Ordinal) + "'";

    /// <summary>U+0000 cannot stand in a command, and what is no UTF-8 would be changed.</summary>
    private static bool IsText(byte[] body) => !body.Contains((byte)0) && System.Text.Unicode.Utf8.IsValid(body);
}
