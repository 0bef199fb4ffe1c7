using System.Collections.Immutable;

namespace Nexus.Web.Credentials.Pool;

/// <summary>What an operator wants of an account.</summary>
internal enum AccountMode
{
    Active,

    /// <summary>No new requests; those in flight end. Nothing else tells it from <see cref="Paused"/>, but that it was asked for to take the account out.</summary>
    Draining,

    Paused,
}

/// <summary>An account is not asked until <paramref name="Until"/>; then one request tries it, and the others wait for how that goes.</summary>
/// <param name="Model">Lower case; <c>*</c> for every model; <c>count_tokens</c> and a model, or <c>other paths</c>, for what is no message.</param>
/// <param name="IsTold">The upstream said until when. Else it is a guess, which no caller is told.</param>
/// <param name="ProbeUntil">A request is trying the account; after this time it is taken for lost.</param>
internal sealed record Cooldown(string Model, DateTimeOffset Since, DateTimeOffset Until, bool IsTold, string Reason, DateTimeOffset? ProbeUntil = null)
{
    public const string EveryModel = "*";

    /// <summary>In place of a model: no connection could be made, whatever was asked for.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>The model of a refused credential: no model's window, and a success with any model ends it.</summary>
    public bool IsIsolation { get; init; }

    public static Cooldown Isolation(string reason, DateTimeOffset now) => new(EveryModel, now, now + Verdict.Isolation, IsTold: false, reason) { IsIsolation = true };

    public bool AppliesTo(string model) => IsIsolation || Model is EveryModel or Unreachable || Model == model;
}

/// <summary>A rate-limit window as the upstream's headers told it last.</summary>
/// <param name="Name">As in the header: <c>5h</c>, <c>7d</c>, <c>7d_opus</c>; <c>unified</c> for all together.</param>
internal sealed record AccountWindow(string Name, string? Status, double? Utilization, DateTimeOffset? ResetsAt)
{
    public const string All = "unified";

    /// <summary><c>7d_opus</c> counts models with "opus" in their name, a name without a word all of them.</summary>
    public bool Counts(string model) => Name.IndexOf('_', StringComparison.Ordinal) is var cut and >= 0 ? model.Contains(Name[(cut + 1)..], StringComparison.OrdinalIgnoreCase) : true;
}

/// <summary>What is known of an account at one time; never changed, but replaced.</summary>
internal sealed record AccountStatus
{
    /// <summary>How long a request may try an account that was cooling before the next one may.</summary>
    public static readonly TimeSpan ProbeTime = TimeSpan.FromSeconds(60);

    private const int MostCooldowns = 100;
    private const int LongestText = 300;

    public static readonly AccountStatus Fresh = new();

    public AccountMode Mode { get; init; }
    public DateTimeOffset? ModeSince { get; init; }
    public string? ModeBy { get; init; }
    public ImmutableArray<Cooldown> Cooldowns { get; init; } = [];
    public ImmutableArray<AccountWindow> Windows { get; init; } = [];
    public string? LastError { get; init; }
    public DateTimeOffset? LastErrorAt { get; init; }

    /// <summary>What is known after an answer of the account.</summary>
    /// <param name="isProven">A refusal of the credential is the account's fault for certain.</param>
    public AccountStatus After(Verdict verdict, int status, string model, IReadOnlyList<AccountWindow> windows, DateTimeOffset now, bool isProven)
    {
        // Of an account that takes a request, however bad, it is known that it takes requests.
        if (verdict.Scope is FailureScope.None or FailureScope.Request or FailureScope.Model)
            return Served(model, now, windows);
        var reason = $"the upstream answered {status}";
        var known = Told(windows).Failed(reason, now);
        if (verdict.Refused)
            return isProven ? known.Cooled(Cooldown.Isolation(reason, now)) : known;
        return verdict.CoolUntil is { } until && until > now ? known.Cooled(new(model, now, until, verdict.IsTold, reason)) : known;
    }

    public AccountStatus WithMode(AccountMode mode, string by, DateTimeOffset now) => this with { Mode = mode, ModeSince = now, ModeBy = by };

    public AccountStatus Failed(string error, DateTimeOffset now) => this with { LastError = Short(error), LastErrorAt = now };

    /// <summary>Not to be asked for a while; of two ends the later one holds.</summary>
    public AccountStatus Cooled(Cooldown cooldown)
    {
        var before = Find(cooldown);
        var next = cooldown with { Reason = Short(cooldown.Reason) };
        if (before is not null && before.Until > next.Until)
            next = before with { ProbeUntil = null };
        else if (before is not null && before.Until > next.Since)
            next = next with { Since = before.Since };
        var others = Cooldowns.Where(known => known != before && known.Until > cooldown.Since.AddHours(-1)).TakeLast(MostCooldowns - 1);
        return this with { Cooldowns = [.. others, next] };
    }

    /// <summary>The account answered for a model: what had ended by then is over. A cooldown that came meanwhile stays.</summary>
    public AccountStatus Served(string model, DateTimeOffset now, IReadOnlyList<AccountWindow> windows)
    {
        if (windows.Count == 0 && !Cooldowns.Any(cooldown => cooldown.Until <= now && cooldown.AppliesTo(model)))
            return this;
        return this with { Cooldowns = [.. Cooldowns.Where(cooldown => cooldown.Until > now || !cooldown.AppliesTo(model))], Windows = Merged(windows) };
    }

    public AccountStatus Told(IReadOnlyList<AccountWindow> windows) => this with { Windows = Merged(windows) };

    /// <summary>With what another node knows: the later word of an operator, the later end of each cooldown, windows that this one has not heard of.</summary>
    public AccountStatus Merged(AccountStatus other)
    {
        var merged = other.ModeSince > (ModeSince ?? DateTimeOffset.MinValue) ? this with { Mode = other.Mode, ModeSince = other.ModeSince, ModeBy = other.ModeBy } : this;
        // Whoever makes an account active again forgets what was before.
        var cooldowns = merged.Cooldowns.Where(cooldown => !(merged.Mode == AccountMode.Active && cooldown.Since <= merged.ModeSince)).ToImmutableArray();
        merged = cooldowns.Length == merged.Cooldowns.Length ? merged : merged with { Cooldowns = cooldowns };
        foreach (var cooldown in other.Cooldowns)
            if (!(merged.Mode == AccountMode.Active && cooldown.Since <= merged.ModeSince) && (merged.Find(cooldown)?.Until ?? DateTimeOffset.MinValue) < cooldown.Until)
                merged = merged.Cooled(cooldown);
        var windows = other.Windows.Where(window => !merged.Windows.Any(known => known.Name == window.Name && known.ResetsAt >= window.ResetsAt)).ToList();
        return windows.Count == 0 ? merged : merged.Told(windows);
    }

    /// <summary>An operator's word over everything that was observed.</summary>
    public AccountStatus Cleared() => this with { Cooldowns = [], Windows = [.. Windows.Where(window => window.Status != "rejected")] };

    /// <summary>As if a connection could be made.</summary>
    public AccountStatus Reachable() => this with { Cooldowns = [.. Cooldowns.Where(cooldown => cooldown.Model != Cooldown.Unreachable)] };

    /// <summary>As if nothing were known of limits: what an operator said and a refused credential stay.</summary>
    public AccountStatus WithoutLimits() => this with { Cooldowns = [.. Cooldowns.Where(cooldown => cooldown.IsIsolation)], Windows = [] };

    /// <summary>The account has another credential than the one that was refused.</summary>
    public AccountStatus CredentialChanged() => Cooldowns.Any(cooldown => cooldown.IsIsolation) ? this with { Cooldowns = [.. Cooldowns.Where(cooldown => !cooldown.IsIsolation)] } : this;

    /// <summary>One request sets out to try what has cooled.</summary>
    public AccountStatus Probing(string model, DateTimeOffset now) =>
        this with { Cooldowns = [.. Cooldowns.Select(cooldown => cooldown.Until <= now && cooldown.AppliesTo(model) ? cooldown with { ProbeUntil = now + ProbeTime } : cooldown)] };

    private Cooldown? Find(Cooldown like) => Cooldowns.FirstOrDefault(known => known.Model == like.Model && known.IsIsolation == like.IsIsolation);

    private ImmutableArray<AccountWindow> Merged(IReadOnlyList<AccountWindow> windows) =>
        windows.Count == 0 ? Windows : [.. Windows.Where(known => !windows.Any(window => window.Name == known.Name)), .. windows];

    private static string Short(string text) => text.Length > LongestText ? text[..LongestText] : text;
}
