using System.Globalization;
using Nexus.Web.Credentials;
using Nexus.Web.Credentials.OAuth;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Proxy.Pooling;

namespace Nexus.Web.Proxy;

/// <summary>Finds the Claude account that pays for a request. Where there is one, and nothing is wrong with it, that costs nothing.</summary>
internal sealed class Paying(TokenRefresh tokens, Threads threads, TimeProvider time)
{
    /// <summary>Why nobody pays; null when an account does, or the caller's own credential.</summary>
    public ValueTask<Refusal?> AssignAsync(HttpContext context, ProxiedRequest request)
    {
        if (request.Caller?.Credential is not { } credential)
            return default;
        return credential.IsPool ? new(FromPoolAsync(context, request, credential)) : OneAsync(request, credential.Accounts[0]);
    }

    /// <summary>What requests share that share a prompt cache: the session and its agent, else the key.</summary>
    public static string AffinityOf(IHeaderDictionary headers, string? keyId)
    {
        var session = headers["x-claude-code-session-id"].ToString();
        return session.Length == 0 ? "key " + keyId : session + "/" + headers["x-claude-code-agent-id"];
    }

    /// <summary>A domain's only account is asked whatever is known of its windows: what the upstream says goes back as it came.</summary>
    private ValueTask<Refusal?> OneAsync(ProxiedRequest request, Account account)
    {
        if (account.State.Status.Mode is not AccountMode.Active and var mode)
            return new(new Refusal(StatusCodes.Status503ServiceUnavailable, "api_error", $"The Claude account of '{request.Domain}' on this gateway is {(mode == AccountMode.Paused ? "paused" : "being drained")}. Its operator can resume it on the dashboard's Accounts page.", ShouldRetry: false));
        request.PayWith(account);
        var ready = tokens.EnsureAsync(account);
        return ready.IsCompletedSuccessfully && ready.Result ? default : new(RefreshedAsync(request, account, ready));
    }

    private static async Task<Refusal?> RefreshedAsync(ProxiedRequest request, Account account, Task<bool> ready)
    {
        if (await ready)
            return null;
        return account.Health.LoginEnded
            ? new(StatusCodes.Status503ServiceUnavailable, "api_error", $"The Claude login of '{request.Domain}' on this gateway has ended. Its operator must log in anew: nexus oauth login {request.Domain}", ShouldRetry: false)
            : Refusal.Overloaded($"The Claude login of '{request.Domain}' on this gateway has expired, and could not be refreshed ({account.Health.Error ?? "no answer"}). It is tried again.");
    }

    private async Task<Refusal?> FromPoolAsync(HttpContext context, ProxiedRequest request, DomainCredential credential)
    {
        var (isThread, previous) = request.Body is { } body ? Threads.Of(body.Bytes.Span) : default;
        request.IsPinned = previous is not null;
        request.Thread = isThread ? new(threads) : null;
        if (previous is not null && threads.HolderOf(previous) is { } holder && credential.Accounts.FirstOrDefault(account => account.Id == holder) is { } holds)
            return await OneAsync(request, holds);
        var pool = new PooledRequest(credential.Accounts, AffinityOf(context.Request.Headers, request.Caller!.KeyId), PooledRequest.KeyOf(context.Request.Path, request.Model));
        // Whoever counts tokens wants to know how much a message will need: that the upstream may still say, or refuse.
        var isCount = context.Request.Path == PooledRequest.CountTokens;
        while ((pool.Take(time.GetUtcNow()) ?? pool.TakeAnyway(time.GetUtcNow(), isCount)) is { } account)
        {
            if (!await tokens.EnsureAsync(account))
                continue;
            request.PayWith(account);
            // What was not read whole cannot be sent twice.
            if (request is { Body: not null, IsPinned: false })
                request.Pool = pool;
            return null;
        }

        return Exhausted(request, pool);
    }

    /// <summary>The time of the first reset goes to the caller only where the upstream named it.</summary>
    private Refusal Exhausted(ProxiedRequest request, PooledRequest pool)
    {
        var (now, members) = (time.GetUtcNow(), pool.Members());
        var standings = pool.Accounts.Select(account => (account.Id, Standing: account.Health.LoginEnded ? new(Readiness.Stopped, Reason: "its login has ended") : Standing.Of(account.State.Status, pool.Model, now))).ToList();
        if (!standings.Exists(account => account.Standing is { Readiness: Readiness.Cooling, IsRefused: false }))
            return new(StatusCodes.Status503ServiceUnavailable, "api_error", $"None of the {standings.Count} Claude accounts of '{request.Domain}' on this gateway can be used ({string.Join("; ", standings.Select(account => account.Standing.Reason ?? "its login has expired").Distinct())}). Its operator sees why on the dashboard's Accounts page.");
        if (PoolChoice.EarliestReset(members, pool.Model, now) is not { } reset)
            return new(StatusCodes.Status429TooManyRequests, "rate_limit_error", $"All Claude accounts of '{request.Domain}' on this gateway are at their limits{For(request.Model)}. The upstream did not say until when.");
        var seconds = (int)Math.Clamp(Math.Ceiling((reset - now).TotalSeconds), 1, int.MaxValue);
        return new(StatusCodes.Status429TooManyRequests, "rate_limit_error", string.Create(CultureInfo.InvariantCulture, $"All Claude accounts of '{request.Domain}' on this gateway are at their limits{For(request.Model)}. The first is free again at {reset.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC."), seconds);
    }

    private static string For(string? model) => model is null ? "" : " for " + model;
}
