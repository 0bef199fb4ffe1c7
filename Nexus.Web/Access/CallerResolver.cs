using Microsoft.Extensions.Options;
using Nexus.Web.Credentials;

namespace Nexus.Web.Access;

/// <summary>Decides who is calling from the domain's credential file and the caller's headers. Holds no state and reads no file.</summary>
internal sealed class CallerResolver(CredentialFiles files, DashboardKey dashboard, IOptions<AccessOptions> options)
{
    public (Caller? Caller, Denial? Denial) Resolve(string domain, IHeaderDictionary headers)
    {
        var bearer = Bearer(headers.Authorization.ToString());
        var key = headers["x-api-key"].ToString();
        if (files.Find(domain) is { } credential)
            return Paid(domain, credential, bearer, key);
        if (options.Value.EnableClientAuth == ClientAuth.True)
            return Deny(401, "authentication_error", $"This gateway demands a Nexus key of everybody (ENABLE_CLIENT_AUTH=true), and the domain '{domain}' has none. Ask its operator for a key and the host name it belongs to.");
        return PassedThrough(domain, headers.Authorization.ToString(), bearer, key);
    }

    private (Caller?, Denial?) Paid(string domain, DomainCredential credential, string bearer, string key)
    {
        if (credential.Problem is { } problem)
            return Deny(503, "api_error", $"The credential file of '{domain}' on this gateway cannot be used: {problem}. Its operator must mend {domain}.credentials.json.");
        if (options.Value.EnableClientAuth == ClientAuth.False)
            return (new Caller(domain, null, credential), null);
        if (credential.ClientApiKey is not { } expected)
            return Deny(403, "permission_error", $"The credential file of '{domain}' has no client_api_key, so nobody may use it. Its operator must add one (or set ENABLE_CLIENT_AUTH=false on purpose).");
        // Both are compared always, so that the time says nothing about which header matched.
        if (Secrets.Same(bearer, expected) | Secrets.Same(key, expected))
            return (new Caller(domain, "domain:" + domain, credential), null);
        return bearer.Length == 0 && key.Length == 0
            ? Deny(401, "authentication_error", $"'{domain}' on this gateway needs its Nexus key, as 'Authorization: Bearer <key>' or 'x-api-key: <key>' (ANTHROPIC_AUTH_TOKEN for Claude Code).")
            : Deny(401, "authentication_error", $"The Nexus key for '{domain}' is wrong. Check ANTHROPIC_AUTH_TOKEN (or ANTHROPIC_API_KEY) against the key that the gateway's operator gave you.");
    }

    private (Caller?, Denial?) PassedThrough(string domain, string authorization, string bearer, string key)
    {
        var own = authorization.Length > 0 ? bearer.Length > 0 ? bearer : authorization : key;
        if (own.Length == 0)
            return Deny(401, "authentication_error", $"The request carries no credential. Send your own Claude key or login, or a Nexus key if '{domain}' has one.");
        if (bearer.StartsWith("cnp_", StringComparison.Ordinal) || key.StartsWith("cnp_", StringComparison.Ordinal))
            return Deny(401, "authentication_error", $"This is a Nexus key, but the domain '{domain}' has no Claude account here. Check the host name in ANTHROPIC_BASE_URL.");
        // What opens a door here must not be shown to the upstream, whichever door the caller stands at.
        if (files.IsClientKey(bearer) | files.IsClientKey(key) | dashboard.Matches(bearer) | dashboard.Matches(key))
            return Deny(401, "authentication_error", $"This key belongs to this gateway, but not to the domain '{domain}'. Check the host name in ANTHROPIC_BASE_URL, or send your own Claude key or login.");
        return (new Caller(domain, Secrets.Fingerprint(own), null), null);
    }

    private static (Caller?, Denial?) Deny(int status, string type, string message) => (null, new Denial(status, type, message));

    private static string Bearer(string authorization) =>
        authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? authorization[7..].Trim() : "";
}
