using Nexus.Web.Credentials;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Proxy;
using Nexus.Web.Proxy.Pooling;
using Nexus.Web.Usage.Windows;

namespace Nexus.Web.Pages;

/// <summary>What the accounts page shows at one moment, all of it from memory.</summary>
internal sealed class AccountViews(CredentialFiles files, DateTimeOffset now)
{
    public IReadOnlyList<AccountPart> Accounts() =>
        [.. files.Accounts.GroupBy(account => account.Id).OrderBy(same => same.Key, StringComparer.Ordinal).Select(same => Part(same.First(), string.Join(", ", same.Select(account => account.Domain).Distinct().Order(StringComparer.Ordinal))))];

    /// <summary>Null for a domain without accounts.</summary>
    public NextPick? Next(string domain, string model, string session)
    {
        if (files.Find(domain) is not { Accounts.Count: > 0 } credential)
            return null;
        var (pool, order) = (new PooledRequest(credential.Accounts, session.Length == 0 ? "key " : session + "/", PooledRequest.ModelKey(model.Length == 0 ? null : model)), new List<NextAccount>());
        var tried = new HashSet<string>();
        while (pool.Peek(now, tried) is { } account)
        {
            order.Add(Describe(account, pool.Model, true));
            tried.Add(account.Id);
        }

        var nobody = order.Count == 0 ? "No account can serve this now." : null;
        order.AddRange(credential.Accounts.Where(account => !tried.Contains(account.Id)).Select(account => Describe(account, pool.Model, false)));
        return new(domain, model, session, order, nobody);
    }

    private AccountPart Part(Account account, string domains)
    {
        var status = account.State.Status;
        var standing = Standing.Of(status, Cooldown.EveryModel, now);
        var cooling = status.Cooldowns.Where(cooldown => !cooldown.IsIsolation).ToList();
        var (state, tone) = account.Health.LoginEnded ? ("login ended", "bad") : (status.Mode, standing.Readiness) switch
        {
            (AccountMode.Paused, _) => ("paused", "warn"),
            (AccountMode.Draining, _) => (account.State.InFlight == 0 ? "drained" : "draining", "warn"),
            (_, Readiness.Cooling) => (standing.IsRefused ? "isolated" : "left alone", "bad"),
            (_, Readiness.MayProbe or Readiness.Probing) => ("being tried again", "warn"),
            (_, Readiness.Strained) => ("nearly at a limit", "warn"),
            _ => cooling.Exists(cooldown => cooldown.Until > now) ? ("at a limit", "warn") : ("active", "good"),
        };
        return new(
            account.Id, domains, account.Kind == AccountKind.OAuth ? "login" : "API key", account.BaseUrl?.ToString(), state, tone,
            standing.Reason, standing.Since, standing.Until, status.Mode == AccountMode.Active ? null : status.ModeBy, status.Mode.ToString().ToLowerInvariant(),
            [.. status.Windows.Where(window => window.Name != AccountWindow.All).OrderBy(window => WindowPace.WidthOf(window.Name) ?? TimeSpan.MaxValue).ThenBy(window => window.Name, StringComparer.Ordinal).Select(Window)],
            [.. cooling.OrderBy(cooldown => cooldown.Model, StringComparer.Ordinal).Select(cooldown => new CooldownPart(cooldown.Model, cooldown.Since, cooldown.Until, cooldown.IsTold, cooldown.Until <= now, cooldown.Reason))],
            account.State.InFlight, status.LastError, status.LastErrorAt,
            account.Tokens is null ? null : CredentialState.Of(account, now), account.Tokens?.ExpiresAt, CredentialState.Advice(account, now));
    }

    private AccountWindowPart Window(AccountWindow window) => window.ResetsAt <= now
        ? new(window.Name, null, 0, null, null)
        : new(window.Name, window.Status, window.Utilization, window.ResetsAt, WindowPace.Of(window.Name, window.Utilization, window.ResetsAt, now).Elapsed);

    private NextAccount Describe(Account account, string model, bool canServe)
    {
        if (account.Health.LoginEnded)
            return new(account.Id, "its login has ended", canServe);
        var standing = Standing.Of(account.State.Status, model, now);
        var words = standing.Readiness switch
        {
            Readiness.Free => "free",
            Readiness.MayProbe => "was left alone; the next request tries it",
            Readiness.Probing => "is being tried by another request",
            Readiness.Cooling => "left alone",
            _ => standing.Reason ?? "",
        };
        return standing.Readiness == Readiness.Cooling ? new(account.Id, words, canServe) { Until = standing.Until, Reason = standing.Reason } : new(account.Id, words, canServe);
    }
}
