using System.Net;
using Microsoft.Extensions.Options;
using Nexus.Web.Access.Keys;
using Nexus.Web.Credentials;

namespace Nexus.Web.Access;

/// <summary>
/// Decides who is calling from the domain's credential file, the managed keys and the caller's headers, all of them in memory.
/// What it says of a key it says only to who holds that key at its own domain: to everybody else a key of another domain, a
/// revoked one of another domain and one that never was are the same.
/// </summary>
internal sealed class CallerResolver(CredentialFiles files, DashboardKey dashboard, AccessState access, OwnKey own, IOptions<AccessOptions> options, TimeProvider time)
{
    /// <summary>A client with a wrong key tries it a few times by itself, and many share an address.</summary>
    public const int FreeGuesses = 10;

    private const string Waiting = "The gateway cannot check this key now: its database has not answered since it started. Try again in a moment.";
    private readonly LoginThrottle _guesses = new(time, FreeGuesses);

    /// <param name="address">The caller's, as the socket saw it. Only wrong keys are counted against it: right ones always pass.</param>
    public (Caller? Caller, Denial? Denial) Resolve(string domain, IHeaderDictionary headers, IPAddress? address)
    {
        var presented = Presented.Read(headers);
        var (caller, denial) = files.Find(domain) is { } credential ? Paid(domain, credential, presented) : Own(domain, presented);
        caller?.Key?.Use.Mark(time.GetUtcNow());
        if (denial is { IsGuess: true } && _guesses.Begin(address) is { } wait)
            return (null, denial with { Status = 429, Type = "rate_limit_error", RetryAfterSeconds = (int)Math.Ceiling(wait.TotalSeconds), Message = $"Too many wrong keys came from this address; the next one is looked at in {Math.Ceiling(wait.TotalSeconds)} s. A right key works at once. {denial.Message}" });
        return (caller, denial);
    }

    /// <summary>Where Nexus has an account that pays.</summary>
    private (Caller?, Denial?) Paid(string domain, DomainCredential credential, Presented presented)
    {
        if (credential.Problem is { } problem)
            return Deny(503, "api_error", $"The credential file of '{domain}' on this gateway cannot be used: {problem}. Its operator must mend {domain}.credentials.json.");
        var open = options.Value.EnableClientAuth == ClientAuth.False;
        var (key, managed) = Managed(domain, presented);
        if (key is not null && Problem(key) is null)
            return (new Caller(domain, key.Id, credential, key, new(managed!)), null);
        if (open)
            return (new Caller(domain, null, credential, Presented: presented.Nexus is { } any ? new(any) : null), null);
        // Both are compared always, so that the time says nothing about which header matched.
        if (credential.ClientApiKey is { } expected && Secrets.Same(presented.Bearer, expected) | Secrets.Same(presented.ApiKey, expected))
            return (new Caller(domain, "domain:" + domain, credential, Presented: new(expected)), null);
        if (key is not null)
            return Deny(401, "authentication_error", Problem(key)!);
        if (access.Known is null && presented.MayBeManaged)
            return Unchecked();
        if (credential.ClientApiKey is null && access.Known?.HasKeys(domain) != true)
            return Deny(403, "permission_error", $"The credential file of '{domain}' has no client_api_key and no key was made for it, so nobody may use it. Its operator must make one ('nexus keys create', or the dashboard's Keys page).");
        return presented.IsEmpty
            ? Deny(401, "authentication_error", $"'{domain}' on this gateway needs its Nexus key, as 'Authorization: Bearer <key>' or 'x-api-key: <key>' (ANTHROPIC_AUTH_TOKEN for Claude Code).")
            : Wrong(domain);
    }

    /// <summary>Where callers bring their own Claude credential: a Nexus key beside it says who they are.</summary>
    private (Caller?, Denial?) Own(string domain, Presented presented)
    {
        if (presented.IsEmpty)
            return Deny(401, "authentication_error", $"The request carries no credential. Send your own Claude key or login, or a Nexus key if '{domain}' has one.");
        // What opens a door here must not be shown to the upstream, whichever door the caller stands at.
        if (files.IsClientKey(presented.Bearer) | files.IsClientKey(presented.ApiKey) | dashboard.Matches(presented.Bearer) | dashboard.Matches(presented.ApiKey))
            return Wrong(domain);
        var (key, managed) = Managed(domain, presented);
        if (key is not null && Problem(key) is { } problem)
            return Deny(401, "authentication_error", problem);
        if (key is not null)
            return presented.Own is null
                ? Deny(403, "permission_error", $"This Nexus key is good, but '{domain}' has no Claude account on this gateway that could pay. Send your own Claude credential too, in the other header ('Authorization: Bearer …' and 'x-api-key: …'), or ask the gateway's operator for an account ({domain}.credentials.json).")
                : (new Caller(domain, key.Id, null, key, new(managed!)), null);
        if (presented.Nexus is not null)
            return access.Known is null && presented.MayBeManaged ? Unchecked() : Wrong(domain);
        if (options.Value.EnableClientAuth == ClientAuth.True)
            return Deny(401, "authentication_error", $"This gateway demands a Nexus key of everybody (ENABLE_CLIENT_AUTH=true). Send one of '{domain}' in one header and your own Claude credential in the other ('Authorization: Bearer …' and 'x-api-key: …').");
        return (new Caller(domain, Secrets.Fingerprint(presented.Own!), null), null);
    }

    /// <summary>The managed key of this domain among what was presented, with its text.</summary>
    private (ClientKey? Key, string? Text) Managed(string domain, Presented presented)
    {
        if (own.Find(presented.Bearer, domain) is { } self)
            return (self, presented.Bearer);
        if (access.Known is not { } known)
            return default;
        var (bearer, apiKey) = (known.Find(presented.Bearer), known.Find(presented.ApiKey));
        var first = bearer?.Domain == domain ? bearer : null;
        var second = apiKey?.Domain == domain ? apiKey : null;
        // Of two keys the one that works is meant.
        return second is not null && (first is null || Problem(first) is not null) ? (second, presented.ApiKey) : (first, presented.Bearer);
    }

    /// <summary>Why a key does not work any more; null while it does.</summary>
    private string? Problem(ClientKey key)
    {
        if (key.RevokedAt is { } revoked)
            return FormattableString.Invariant($"The Nexus key '{key.Name}' was revoked on {revoked.UtcDateTime:yyyy-MM-dd}. Ask the gateway's operator for a new one.");
        return key.ExpiresAt <= time.GetUtcNow()
            ? FormattableString.Invariant($"The Nexus key '{key.Name}' expired on {key.ExpiresAt.Value.UtcDateTime:yyyy-MM-dd HH:mm} UTC. Ask the gateway's operator for a new one.")
            : null;
    }

    private static (Caller?, Denial?) Wrong(string domain) =>
        (null, new Denial(401, "authentication_error", $"The Nexus key is none of '{domain}'. A key works only at the host it was made for: check the host name in ANTHROPIC_BASE_URL, and ANTHROPIC_AUTH_TOKEN (or ANTHROPIC_API_KEY) against the key that the gateway's operator gave you.", IsGuess: true));

    private static (Caller?, Denial?) Unchecked() => (null, new Denial(503, "overloaded_error", Waiting, RetryAfterSeconds: 5));

    private static (Caller?, Denial?) Deny(int status, string type, string message) => (null, new Denial(status, type, message));
}
