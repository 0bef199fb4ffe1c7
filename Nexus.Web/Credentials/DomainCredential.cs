namespace Nexus.Web.Credentials;

/// <summary>What a domain's credential file says, or why it cannot be used.</summary>
/// <param name="Accounts">That may pay for the domain's requests: one, or a pool.</param>
/// <param name="ClientApiKey">The Nexus key that callers of the domain must bring; null when the file has none.</param>
/// <param name="Problem">Why the file cannot be used, without its contents; null when it can.</param>
internal sealed record DomainCredential(IReadOnlyList<Account> Accounts, string? ClientApiKey, string? Problem)
{
    /// <summary>Where the domain's conversations are noted; null: the file does not say.</summary>
    public SlackPart? Slack { get; init; }

    public bool IsPool => Accounts.Count > 1;

    /// <summary>For people.</summary>
    public string AccountIds => string.Join(", ", Accounts.Select(account => account.Id));

    public static DomainCredential Unusable(string problem) => new([], null, problem);
}
