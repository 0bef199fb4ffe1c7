namespace Nexus.Web.Credentials.OAuth;

/// <summary>A login's tokens. Anthropic gives a new refresh token with each refresh, and the old one ends.</summary>
/// <param name="Refresh">Null where the file has none: the login ends with its access token.</param>
/// <param name="ExpiresAt">Null where the file does not say; the token is taken for expired then.</param>
internal sealed record OAuthTokens(string Access, string? Refresh, DateTimeOffset? ExpiresAt, IReadOnlyList<string> Scopes, bool? IsMax)
{
    /// <summary>Refreshed this long ahead in the background.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);

    /// <summary>A request does not set out with a token that ends sooner.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(60);

    public bool EndsWithin(TimeSpan span, DateTimeOffset now) => ExpiresAt is not { } end || end - span <= now;

    public override string ToString() => FormattableString.Invariant($"tokens until {ExpiresAt:O}");
}

/// <summary>How the refreshes of an account's tokens go.</summary>
/// <param name="FailedAt">Of the last failure; null when the last refresh succeeded.</param>
/// <param name="Failures">In a row.</param>
/// <param name="Error">Of the last failure, without secrets.</param>
/// <param name="LoginEnded">The refresh token is refused: only a new login helps.</param>
/// <param name="RefreshedAt">By this process; null when it has not.</param>
/// <param name="Unsaved">Why newer tokens are in memory alone; null when the file has them.</param>
internal sealed record TokenHealth(DateTimeOffset? FailedAt = null, int Failures = 0, string? Error = null, bool LoginEnded = false, string? Unsaved = null, DateTimeOffset? RefreshedAt = null)
{
    public static readonly TokenHealth Sound = new();

    /// <summary>After a failure the next attempt waits: 5 s, then twice as long each time, up to 5 minutes.</summary>
    public bool MayTry(DateTimeOffset now) =>
        !LoginEnded && (FailedAt is not { } failed || now - failed >= TimeSpan.FromSeconds(Math.Min(300, 5 * Math.Pow(2, Math.Min(Failures - 1, 10)))));
}
