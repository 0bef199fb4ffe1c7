using System.Globalization;
using Nexus.Web.Credentials.OAuth;

namespace Nexus.Web.Credentials;

/// <summary>How good an account's credential is, in the older system's words.</summary>
internal static class CredentialState
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(5);

    /// <summary><c>valid</c>, <c>expiring_soon</c>, <c>expired</c>, <c>missing_refresh_token</c> or <c>login_ended</c>.</summary>
    public static string Of(Account account, DateTimeOffset now) => account switch
    {
        { Tokens: null } => "valid",
        { Health.LoginEnded: true } => "login_ended",
        { Tokens.Refresh: null } => "missing_refresh_token",
        { Tokens: { } tokens } when tokens.EndsWithin(TimeSpan.Zero, now) => "expired",
        { Tokens: { } tokens } when tokens.EndsWithin(Soon, now) => "expiring_soon",
        _ => "valid",
    };

    /// <summary>What is wrong with the credential and what to do; null when nothing is.</summary>
    public static string? Advice(Account account, DateTimeOffset now) => account switch
    {
        { Health.LoginEnded: true } => $"{account.Domain}: the login of account {account.Id} has ended ({account.Health.Error}). Log in anew: nexus oauth login {account.Domain}{At(account)}",
        { Tokens: { Refresh: null } tokens } => $"{account.Domain}: account {account.Id} has no refresh token, so its login ends {Time(tokens, now)}. Log in anew: nexus oauth login {account.Domain}{At(account)}",
        { Health.Unsaved: { } reason } => $"{account.Domain}: the newest tokens of account {account.Id} are in memory alone ({reason}); a restart would lose its login. Make CREDENTIALS_DIR writable for Nexus.",
        { Health.Error: { } error } => $"{account.Domain}: the tokens of account {account.Id} could not be refreshed ({error}); it is tried again.",
        _ => null,
    };

    public static string Time(OAuthTokens tokens, DateTimeOffset now)
    {
        if (tokens.ExpiresAt is not { } end)
            return "at a time that its file does not say";
        var span = (end - now).Duration();
        var text = span.TotalHours >= 48 ? $"{span.Days} d {span.Hours} h" : span.TotalHours >= 1 ? $"{(int)span.TotalHours} h {span.Minutes} min" : $"{(int)span.TotalMinutes} min";
        return string.Create(CultureInfo.InvariantCulture, $"{(end > now ? "in " + text : text + " ago")} ({end.UtcDateTime:yyyy-MM-ddTHH:mmZ})");
    }

    private static string At(Account account) => account.Position is { } position ? $" --account {position + 1}" : "";
}
