using System.Text.Json;
using System.Text.Json.Nodes;
using Nexus.Web.Configuration;
using Nexus.Web.Credentials.OAuth;
using Nexus.Web.Credentials.Sealing;

namespace Nexus.Web.Credentials;

/// <summary>A credential file as it is written back: what is not changed stays, also what Nexus does not know.</summary>
internal sealed class CredentialDocument
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly string _path;

    private CredentialDocument(string path, JsonObject root) => (_path, Root) = (path, root);

    public JsonObject Root { get; }

    /// <summary>The file's objects that hold secrets: itself and its accounts.</summary>
    public IEnumerable<JsonObject> Holders => (Root["accounts"] as JsonArray ?? []).OfType<JsonObject>().Prepend(Root);

    /// <summary>An empty one where there is no file.</summary>
    /// <exception cref="FormatException">The file is no JSON object.</exception>
    public static CredentialDocument Read(string path)
    {
        // Behind a symbolic link (mounted secrets) the file itself is replaced, not the link.
        if (File.Exists(path) && new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true) is { } target)
            path = target.FullName;
        try
        {
            return new(path, File.Exists(path) ? JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new FormatException($"{path} holds no JSON object.") : []);
        }
        catch (JsonException error)
        {
            throw new FormatException($"{path} is not valid JSON (line {error.LineNumber + 1}).");
        }
    }

    public bool IsPool => Root["accounts"] is JsonArray;

    /// <summary>The accounts with a login, by their position in the pool (null where the file is the account), and their tokens as they are written.</summary>
    public IEnumerable<(int? Position, string? AccountId, OAuthPart Tokens)> Logins()
    {
        IEnumerable<(int?, JsonNode?)> accounts = Root["accounts"] is JsonArray pool ? pool.Select((account, at) => ((int?)at, account)) : [(null, Root)];
        foreach (var (position, node) in accounts)
            if (node is JsonObject account && account["oauth"].Deserialize(CredentialJson.Default.OAuthPart) is { AccessToken.Length: > 0 } part)
                yield return (position, account["accountId"] is JsonValue value && value.TryGetValue(out string? id) ? id : null, part);
    }

    /// <summary>Sealed where the tokens before were.</summary>
    /// <exception cref="FormatException">The file has no such account.</exception>
    public void SetTokens(int? position, OAuthTokens tokens, CredentialSeal seal)
    {
        if (position is null && Root["accounts"] is JsonArray)
            throw new FormatException($"{_path} is a pool: say which of its accounts is meant (--account 1 for the first).");
        var account = (position is { } at ? (Root["accounts"] as JsonArray)?.ElementAtOrDefault(at) as JsonObject : Root) ?? throw new FormatException($"{_path} has no account {position + 1} any more.");
        var oauth = account["oauth"] as JsonObject ?? [];
        var sealing = oauth["accessToken"] is JsonValue before && before.TryGetValue(out string? text) && CredentialSeal.IsSealed(text);
        string Kept(string value) => sealing ? seal.Seal(value) : value;
        account["type"] = "oauth";
        oauth["accessToken"] = Kept(tokens.Access);
        if (tokens.Refresh is { } refresh)
            oauth["refreshToken"] = Kept(refresh);
        if (tokens.ExpiresAt is { } end)
            oauth["expiresAt"] = end.ToUnixTimeMilliseconds();
        oauth["scopes"] = new JsonArray([.. tokens.Scopes.Select(scope => JsonValue.Create(scope))]);
        if (tokens.IsMax is { } isMax)
            oauth["isMax"] = isMax;
        account["oauth"] = oauth;
    }

    /// <summary>Writes beside the file and renames: whoever reads sees the old one or the new one, whole.</summary>
    public void Write() => PrivateFiles.Replace(_path, $"{_path}.{Environment.ProcessId}.new", file => JsonSerializer.Serialize(file, Root, Indented));
}
