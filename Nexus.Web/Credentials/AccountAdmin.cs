using System.Diagnostics;
using Microsoft.Extensions.Options;
using Nexus.Web.Credentials.OAuth;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Proxy;
using Nexus.Web.Storage;

namespace Nexus.Web.Credentials;

/// <summary>What an operator does to accounts; each of it is in the audit log before it is done.</summary>
internal sealed class AccountAdmin(CredentialFiles files, AccountStates states, AccountStateFeed feed, TokenRefresh tokens, AccountProbe probe, NexusDbContext db, TimeProvider time)
{
    /// <summary>Resuming also forgets cooldowns: the next request finds out.</summary>
    /// <returns>What happened, for people; null when there is no such account.</returns>
    public async Task<string?> SetModeAsync(string id, AccountMode mode, Actor actor, CancellationToken cancellation)
    {
        if (Find(id) is null)
            return null;
        var word = mode switch
        {
            AccountMode.Active => "resumed",
            AccountMode.Draining => "draining",
            _ => "paused",
        };
        await RecordAsync(actor, "account." + word, id, null, cancellation);
        var state = states.Of(id);
        state.Change(known => (mode == AccountMode.Active ? known.Cleared() : known).WithMode(mode, actor.Name, time.GetUtcNow()));
        await feed.SaveAsync(cancellation);
        return mode switch
        {
            AccountMode.Active => $"{id} is asked again from the next request on.",
            AccountMode.Draining => $"{id} gets no new requests; {state.InFlight} in flight on this node may end.",
            _ => $"{id} is paused: it gets no new requests.",
        };
    }

    public async Task<string?> RefreshAsync(string id, Actor actor, CancellationToken cancellation)
    {
        if (Find(id) is not { Tokens: not null } account)
            return null;
        await RecordAsync(actor, "account.refreshed", id, null, cancellation);
        return await tokens.RunAsync(account) ? $"{id} has new tokens." : $"{id}: the tokens could not be refreshed ({account.Health.Error}).";
    }

    public async Task<string?> TestAsync(string id, Actor actor, CancellationToken cancellation)
    {
        if (Find(id) is not { } account)
            return null;
        await RecordAsync(actor, "account.tested", id, null, cancellation);
        return $"{id}: {await probe.AskAsync(account, cancellation)}";
    }

    private Account? Find(string id) => files.Accounts.FirstOrDefault(account => account.Id == id);

    private async Task RecordAsync(Actor actor, string action, string id, object? details, CancellationToken cancellation)
    {
        db.Record(actor, time.GetUtcNow(), action, id, details);
        await db.SaveChangesAsync(cancellation);
    }
}

/// <summary>Asks an account's upstream for its models: shows whether the credential works, and spends nothing.</summary>
internal sealed class AccountProbe(IOptions<ProxyOptions> options, TokenRefresh tokens) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = TimeSpan.FromSeconds(10) };

    /// <summary>How it went, for people.</summary>
    public async Task<string> AskAsync(Account account, CancellationToken cancellation)
    {
        if (!await tokens.EnsureAsync(account))
            return $"its login has expired and could not be refreshed ({account.Health.Error}).";
        var url = new Uri((account.BaseUrl ?? options.Value.UpstreamBaseUrl).ToString().TrimEnd('/') + "/v1/models?limit=1");
        try
        {
            var begun = Stopwatch.GetTimestamp();
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.TryAddWithoutValidation("anthropic-version", "2023-06-01");
            Transforms.Pay(request.Headers, account);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            var took = FormattableString.Invariant($"{Stopwatch.GetElapsedTime(begun).TotalMilliseconds:0} ms");
            return (int)response.StatusCode switch
            {
                < 300 => $"{url.Host} took the credential ({took}).",
                401 or 403 => $"{url.Host} refuses the credential ({(int)response.StatusCode}).",
                var status => $"{url.Host} answered {status} ({took}).",
            };
        }
        catch (Exception error) when (error is HttpRequestException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return $"{url.Host} could not be asked: {error.GetBaseException().Message}";
        }
    }

    public void Dispose() => _http.Dispose();
}
