using Nexus.Web.Credentials;
using Nexus.Web.Credentials.OAuth;
using Nexus.Web.Credentials.Pool;

namespace Nexus.Web.Proxy;

/// <summary>Finds the Claude account that pays for a request. Where there is one, and nothing is wrong with it, that costs nothing.</summary>
internal sealed class Paying(TokenRefresh tokens)
{
    /// <summary>Why nobody pays; null when an account does, or the caller's own credential.</summary>
    public ValueTask<Refusal?> AssignAsync(HttpContext context, ProxiedRequest request)
    {
        if (request.Caller?.Credential is not { } credential)
            return default;
        return AssignOneAsync(request, credential.Accounts[0]);
    }

    /// <summary>A domain's only account is asked whatever is known of its windows: what the upstream says goes back as it came.</summary>
    private ValueTask<Refusal?> AssignOneAsync(ProxiedRequest request, Account account)
    {
        if (account.State.Status.Mode != AccountMode.Active)
            return new(new Refusal(StatusCodes.Status503ServiceUnavailable, "api_error", $"The Claude account of '{request.Domain}' on this gateway is {(account.State.Status.Mode == AccountMode.Paused ? "paused" : "being drained")}. Its operator can resume it on the dashboard's Accounts page.", ShouldRetry: false));
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
}
