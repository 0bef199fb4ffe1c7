namespace Nexus.Web.Credentials.OAuth;

internal sealed class OAuthOptions
{
    public const string Section = "OAuth";

    public required string ClientId { get; set; }
    public required Uri AuthorizeUrl { get; set; }
    public required Uri TokenUrl { get; set; }
    public required Uri RedirectUrl { get; set; }
    public required string Scopes { get; set; }

    /// <summary>Of one call of the token endpoint.</summary>
    public int TimeoutMs { get; set; }

    /// <summary>A login whose windows no answer has told for so long is asked for them; 0: never.</summary>
    public int UsageSeconds { get; set; }

    public string[] ScopeList => Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
