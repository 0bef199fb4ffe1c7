namespace Nexus.Web.Pages.Shared;

/// <summary>An account as its page shows it.</summary>
/// <param name="State">One word or two.</param>
/// <param name="Reason">Why it is in that state; null where nothing stands in the way.</param>
/// <param name="TokenState">How good the login is; null for an API key.</param>
/// <param name="Advice">What somebody must do about the credential.</param>
public sealed record AccountPart(
    string Id, string Domains, string Kind, string? BaseUrl, string State, string Tone, string? Reason, DateTimeOffset? Since, DateTimeOffset? Until, string? SetBy, string Mode,
    IReadOnlyList<AccountWindowPart> Windows, IReadOnlyList<CooldownPart> Cooldowns, int InFlight, string? LastError, DateTimeOffset? LastErrorAt, string? TokenState, DateTimeOffset? TokenExpiresAt, string? Advice);

/// <param name="Elapsed">Share of its time that has passed; null where that is not known.</param>
public sealed record AccountWindowPart(string Name, string? Status, double? Utilization, DateTimeOffset? ResetsAt, double? Elapsed);

public sealed record CooldownPart(string Model, DateTimeOffset Since, DateTimeOffset Until, bool IsTold, bool IsOver, string Reason);

/// <summary>Who would be asked for a domain, model and session, in order.</summary>
public sealed record NextPick(string Domain, string Model, string Session, IReadOnlyList<NextAccount> Order, string? Nobody);

/// <param name="Standing">For people.</param>
public sealed record NextAccount(string Id, string Standing, bool CanServe)
{
    /// <summary>The end of that; null where it has none, or none is known.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Said behind it.</summary>
    public string? Reason { get; init; }
}
