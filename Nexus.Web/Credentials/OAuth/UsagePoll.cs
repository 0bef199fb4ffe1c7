using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Proxy;
using Nexus.Web.Storage;
using Nexus.Web.Usage;
using Npgsql;

namespace Nexus.Web.Credentials.OAuth;

/// <summary>
/// Asks for the rate-limit windows of logins that no traffic has told of lately, so that pages know them without requests. One node asks; the pool goes by what
/// answers tell, and by nothing of this.
/// </summary>
internal sealed partial class UsagePoll(CredentialFiles files, Database database, IOptions<OAuthOptions> options, IOptions<ProxyOptions> proxy, TimeProvider time, ILogger<UsagePoll> logger) : BackgroundService
{
    private const string Path = "/api/oauth/usage";
    private const int LongestAnswer = 64 * 1024;
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FirstSetback = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestSetback = TimeSpan.FromMinutes(15);

    /// <summary>When an account may be asked next, and its failures in a row.</summary>
    private readonly Dictionary<string, (DateTimeOffset Next, int Failures)> _asked = [];

    // As the requests that are forwarded go: straight, whatever the environment says of proxies.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(1), ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator() })
    {
        Timeout = TimeSpan.FromMilliseconds(options.Value.TimeoutMs),
        MaxResponseContentBufferSize = LongestAnswer,
    };

    private TimeSpan Pause => TimeSpan.FromSeconds(options.Value.UsageSeconds);

    public override void Dispose()
    {
        _http.Dispose();
        base.Dispose();
    }

    /// <summary>Looks at each login once.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        foreach (var account in files.Accounts.Where(account => account.Kind == AccountKind.OAuth).DistinctBy(account => account.Id))
            if (account.Tokens?.EndsWithin(TimeSpan.Zero, now) == false && !(_asked.TryGetValue(account.Id, out var asked) && asked.Next > now))
                await LookAsync(account, now, cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        if (Pause == TimeSpan.Zero)
            return;
        using var timer = new PeriodicTimer(Beat, time);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(stoppingToken);
                if (files.Accounts.Any(account => account.Kind == AccountKind.OAuth) && database.State.Condition == DatabaseCondition.Ready)
                    await LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (DatabaseAway.IsDatabase(error))
            {
                // The next beat looks again.
            }
        }
    }

    private async Task LookAsync(Account account, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.JobsDataSource.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (!await IsDueAsync(connection, account.Id, now, cancellation))
            return;
        try
        {
            var windows = UsageWindows.Read(account.Id, await AskAsync(account, cancellation), now);
            _asked[account.Id] = (now + Pause, 0);
            await AccountWindows.StoreAsync(connection, windows, cancellation);
            await transaction.CommitAsync(cancellation);
        }
        catch (Exception error) when (error is HttpRequestException or JsonException or IOException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            Failed(account.Id, now, error);
        }
    }

    /// <summary>Not while another node asks, nor when answers have told of the account within the pause.</summary>
    private async Task<bool> IsDueAsync(NpgsqlConnection connection, string account, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var ask = new NpgsqlCommand($"""
            SELECT pg_try_advisory_xact_lock(hashtextextended('nexus oauth usage ' || $1, 0))
                AND NOT EXISTS (SELECT FROM account_windows WHERE account_id = $1 AND window_name <> '{AccountWindow.All}' AND observed_at > $2)
            """, connection)
        {
            Parameters = { new() { Value = account }, new() { Value = now - Pause } },
        };
        return await ask.ExecuteScalarAsync(cancellation) is true;
    }

    private async Task<byte[]> AskAsync(Account account, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, (account.BaseUrl ?? proxy.Value.UpstreamBaseUrl).AbsoluteUri.TrimEnd('/') + Path);
        request.Headers.Authorization = new("Bearer", account.Secret);
        request.Headers.TryAddWithoutValidation("anthropic-beta", OAuthClient.Beta);
        using var response = await _http.SendAsync(request, cancellation);
        if (!response.IsSuccessStatusCode)
            throw new Refused((int)response.StatusCode, Wait(response.Headers.RetryAfter));
        return await response.Content.ReadAsByteArrayAsync(cancellation);
    }

    /// <summary>30 s, then twice as long each time up to a quarter of an hour, and a little more by chance; never less than the upstream asked for.</summary>
    private void Failed(string account, DateTimeOffset now, Exception error)
    {
        var failures = _asked.GetValueOrDefault(account).Failures + 1;
        var wait = Math.Min(FirstSetback.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 10)), LongestSetback.TotalSeconds) * (1 + (Random.Shared.NextDouble() / 4));
        var least = (error as Refused)?.Wait ?? TimeSpan.Zero;
        _asked[account] = (now + TimeSpan.FromSeconds(Math.Max(wait, Math.Min(least.TotalSeconds, TimeSpan.FromDays(1).TotalSeconds))), failures);
        if (failures == 1)
            Log.Failed(logger, account, error.GetBaseException().Message);
    }

    private TimeSpan? Wait(RetryConditionHeaderValue? told) => told?.Delta ?? (told?.Date is { } date ? date - time.GetUtcNow() : null);

    /// <summary>The upstream answered with an error.</summary>
    private sealed class Refused(int status, TimeSpan? wait) : HttpRequestException($"it answered {status}")
    {
        public TimeSpan? Wait => wait;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The windows of account {AccountId} could not be asked for; it is tried again, less and less often: {Reason}")]
        public static partial void Failed(ILogger logger, string accountId, string reason);
    }
}
