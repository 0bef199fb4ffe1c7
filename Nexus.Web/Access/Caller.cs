using Nexus.Web.Credentials;

namespace Nexus.Web.Access;

/// <summary>Who calls, and whose credential pays.</summary>
/// <param name="KeyId">Of the Nexus key, or the fingerprint of a passed-through credential; null when no key was demanded.</param>
/// <param name="Credential">The account that pays; null when the caller's own credential passes through.</param>
internal sealed record Caller(string Domain, string? KeyId, DomainCredential? Credential);

/// <summary>Why a caller was turned away.</summary>
/// <param name="Type">Anthropic's error type.</param>
internal sealed record Denial(int Status, string Type, string Message);
