namespace Nexus.Web.Credentials.OAuth;

/// <summary>Refreshes tokens ahead of their end, so that no request waits for one.</summary>
internal sealed class TokenKeeper(CredentialFiles files, TokenRefresh refresh, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var timer = new PeriodicTimer(Beat, time);
        try
        {
            do
            {
                var now = time.GetUtcNow();
                foreach (var account in files.Accounts)
                {
                    await refresh.SaveAgainAsync(account);
                    if (account.Tokens is { Refresh: not null } tokens && tokens.EndsWithin(OAuthTokens.Ahead, now) && account.Health.MayTry(now))
                        _ = refresh.RunAsync(account);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The app is stopping.
        }
    }
}
