using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Nexus.Web.Credentials.OAuth;

/// <summary>The secrets of one login (RFC 7636, S256). The state is random of its own: the verifier must not go through a browser.</summary>
internal sealed record Pkce(string Verifier, string State)
{
    public static Pkce New() => new(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)));

    public string Challenge => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    /// <summary>The page on which a person allows the login.</summary>
    public string Address(OAuthOptions options)
    {
        (string Name, string Value)[] query =
        [
            ("code", "true"), ("client_id", options.ClientId), ("response_type", "code"), ("redirect_uri", options.RedirectUrl.ToString()), ("scope", options.Scopes),
            ("code_challenge", Challenge), ("code_challenge_method", "S256"), ("state", State),
        ];
        return options.AuthorizeUrl + "?" + string.Join('&', query.Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value)}"));
    }

    /// <summary>The code of what the page showed, <c>code#state</c>.</summary>
    /// <exception cref="FormatException">It is none, or another login's.</exception>
    public string CodeOf(string pasted)
    {
        var parts = pasted.Trim().Split('#');
        if (parts.Length != 2 || parts[0].Length == 0)
            throw new FormatException("That is not what the page showed: it has the form code#state. Copy all of it.");
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(parts[1]), Encoding.UTF8.GetBytes(State))
            ? parts[0]
            : throw new FormatException("The code belongs to another login. Run the command again, and use the address that it prints.");
    }
}
