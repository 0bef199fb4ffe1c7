using System.Net.Http.Headers;
using Nexus.Web.Access.Keys;
using Nexus.Web.Credentials;

namespace Nexus.Web.Access;

/// <summary>Who calls, and whose credential pays.</summary>
/// <param name="KeyId">Of the Nexus key, or the fingerprint of a passed-through credential; null when no key was demanded.</param>
/// <param name="Credential">The account that pays; null when the caller's own credential passes through.</param>
/// <param name="Key">The managed key that identifies the caller; null for all others.</param>
/// <param name="Presented">The Nexus key as it was sent; null when none was.</param>
internal sealed record Caller(string Domain, string? KeyId, DomainCredential? Credential, ClientKey? Key = null, PresentedKey? Presented = null);

/// <summary>A Nexus key on its way in. It prints nothing of itself, and goes nowhere.</summary>
internal sealed class PresentedKey(string text)
{
    /// <summary>Drops every header that holds the key, whichever it is: no upstream may see it.</summary>
    public void RemoveFrom(HttpRequestHeaders headers)
    {
        List<string>? holding = null;
        foreach (var (name, values) in headers.NonValidated)
            foreach (var value in values)
                if (value.Contains(text, StringComparison.Ordinal))
                    (holding ??= []).Add(name);
        holding?.ForEach(name => headers.Remove(name));
    }
}

/// <summary>Why a caller was turned away.</summary>
/// <param name="Type">Anthropic's error type.</param>
/// <param name="RetryAfterSeconds">Where waiting helps.</param>
/// <param name="IsGuess">The key is nobody's here; many of them from one address are slowed.</param>
internal sealed record Denial(int Status, string Type, string Message, int? RetryAfterSeconds = null, bool IsGuess = false)
{
    /// <summary>False where the same key will fail again: Anthropic's SDKs stop at once.</summary>
    public bool? ShouldRetry => IsGuess || Status == StatusCodes.Status401Unauthorized ? false : null;
}
