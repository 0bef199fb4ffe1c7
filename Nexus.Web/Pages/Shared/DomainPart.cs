namespace Nexus.Web.Pages.Shared;

/// <summary>A domain as its page shows it.</summary>
/// <param name="Requests">Of the last thirty days.</param>
/// <param name="Credential">Who pays: the account, the callers themselves, or why the file cannot be used.</param>
/// <param name="CredentialTone">"bad" where something must be mended.</param>
/// <param name="Keys">That work.</param>
/// <param name="Level">Set for the domain; null: the default.</param>
public sealed record DomainPart(string Domain, long Requests, DateTimeOffset? LastRequestAt, string Credential, string? CredentialTone, int Keys, string? Level, string? Reason, string? SetBy, DateTimeOffset? SetAt);
