using System.Collections.Concurrent;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Credentials.Sealing;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Storage;

namespace Nexus.Web.Credentials.OAuth;

/// <summary>Refreshes accounts' tokens, one refresh of an account at a time, and puts them back into their file.</summary>
internal sealed partial class TokenRefresh(CredentialFiles files, CredentialSeal seal, OAuthClient client, IServiceProvider services, SecretMask mask, TimeProvider time, ILogger<TokenRefresh> logger)
{
    private static readonly Task<bool> Ready = Task.FromResult(true);
    private readonly ConcurrentDictionary<string, Task<bool>> _running = new();
    private readonly Lock _starting = new();

    /// <summary>The command line has no database here.</summary>
    private readonly Database? _database = services.GetService<Database>();

    /// <summary>Whether the account's secret can be shown to the upstream; completes at once while nothing is to be done.</summary>
    public Task<bool> EnsureAsync(Account account) =>
        account.Tokens is { } tokens && tokens.EndsWithin(OAuthTokens.Margin, time.GetUtcNow()) ? UsableAsync(account) : Ready;

    /// <summary>One that is running already is joined. True when the account has fresh tokens then.</summary>
    public Task<bool> RunAsync(Account account)
    {
        lock (_starting)
        {
            if (_running.TryGetValue(account.Id, out var running))
                return running;
            // Not the caller's to cancel: others wait for it too, and half a refresh loses a login.
            var run = Task.Run(() => RefreshAsync(account));
            _running[account.Id] = run;
            _ = run.ContinueWith(_ => _running.TryRemove(account.Id, out Task<bool>? _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return run;
        }
    }

    /// <summary>The upstream refuses a token that should be good, as after a login elsewhere: it is refreshed, but not for each refusal.</summary>
    public void Doubt(Account account)
    {
        var now = time.GetUtcNow();
        if (account.Tokens is { Refresh: not null } && account.Health.MayTry(now) && !(now - account.Health.RefreshedAt < Pool.Verdict.Isolation))
            _ = RunAsync(account);
    }

    /// <summary>Tries again to write tokens that are in memory alone.</summary>
    public void SaveAgain(Account account)
    {
        if (account is { Health.Unsaved: not null, Tokens: { } tokens })
            Save(account, tokens);
    }

    private async Task<bool> UsableAsync(Account account)
    {
        if (account.Health.MayTry(time.GetUtcNow()) && await RunAsync(account))
            return true;
        // A refresh ahead of the end that failed: until then the old token is as good as ever.
        return account.Tokens?.EndsWithin(TimeSpan.Zero, time.GetUtcNow()) == false;
    }

    private async Task<bool> RefreshAsync(Account account)
    {
        try
        {
            await using var held = await RefreshLock.TakeAsync(files.PathOf(account.Domain), _database, account.Id, CancellationToken.None);
            var before = account.Tokens!;
            // Another process may have been faster.
            if (Stored(account) is { } stored && stored.Access != before.Access && stored.ExpiresAt > (before.ExpiresAt ?? DateTimeOffset.MinValue))
            {
                Take(account, stored);
                if (!stored.EndsWithin(OAuthTokens.Ahead, time.GetUtcNow()))
                    return true;
                before = stored;
            }

            var tokens = await AskAsync(account, before);
            Take(account, tokens);
            Save(account, tokens);
            Log.Refreshed(logger, account.Id, tokens.ExpiresAt);
            return true;
        }
        catch (OAuthException error)
        {
            account.Health = account.Health with { FailedAt = time.GetUtcNow(), Failures = account.Health.Failures + 1, Error = error.Message, LoginEnded = error.IsRefused };
            Log.Failed(logger, account.Id, error.Message, error.IsRefused ? $"Its login has ended: run 'nexus oauth login {account.Domain}'." : "It is tried again.");
            return false;
        }
    }

    /// <summary>A refused grant is looked up once more: whoever refreshed meanwhile has left the next one in the file.</summary>
    private async Task<OAuthTokens> AskAsync(Account account, OAuthTokens before)
    {
        try
        {
            return await client.RefreshAsync(before, CancellationToken.None);
        }
        catch (OAuthException error) when (error.IsRefused && Stored(account) is { Refresh: { } newer } stored && newer != before.Refresh)
        {
            return stored.EndsWithin(OAuthTokens.Ahead, time.GetUtcNow()) ? await client.RefreshAsync(stored, CancellationToken.None) : stored;
        }
    }

    private void Take(Account account, OAuthTokens tokens)
    {
        mask.Learn(tokens.Access);
        mask.Learn(tokens.Refresh);
        account.Tokens = tokens;
        // What was refused was the token before.
        account.State.Change(known => known.CredentialChanged());
        account.Health = TokenHealth.Sound with { RefreshedAt = time.GetUtcNow() };
    }

    /// <summary>What the file says now; null when it cannot be read or the account is not in it.</summary>
    private OAuthTokens? Stored(Account account)
    {
        try
        {
            return CredentialDocument.Read(files.PathOf(account.Domain)).Tokens(account.Position) is { AccessToken.Length: > 0 } part ? files.Parser.Tokens(part) : null;
        }
        catch (Exception error) when (IsFile(error))
        {
            return null;
        }
    }

    private void Save(Account account, OAuthTokens tokens)
    {
        try
        {
            var document = CredentialDocument.Read(files.PathOf(account.Domain));
            document.SetTokens(account.Position, tokens, seal);
            document.Write();
            account.Health = account.Health with { Unsaved = null };
        }
        catch (Exception error) when (IsFile(error))
        {
            if (account.Health.Unsaved is null)
                Log.Unsaved(logger, account.Id, error.Message);
            account.Health = account.Health with { Unsaved = error.Message };
        }
    }

    private static bool IsFile(Exception error) =>
        JournalFiles.IsDisk(error) || error is FormatException or System.Text.Json.JsonException or System.Security.Cryptography.CryptographicException;

    private static partial class Log
    {
        [LoggerMessage(EventName = "oauth_refreshed", Level = LogLevel.Information, Message = "The tokens of account {AccountId} were refreshed; they are good until {Until}.")]
        public static partial void Refreshed(ILogger logger, string accountId, DateTimeOffset? until);

        [LoggerMessage(EventName = "oauth_failed", Level = LogLevel.Warning, Message = "The tokens of account {AccountId} could not be refreshed: {Reason}. {What}")]
        public static partial void Failed(ILogger logger, string accountId, string reason, string what);

        [LoggerMessage(EventName = "oauth_unsaved", Level = LogLevel.Error, Message = "The new tokens of account {AccountId} cannot be written and are in memory alone: {Reason} After a restart the account needs a new login.")]
        public static partial void Unsaved(ILogger logger, string accountId, string reason);
    }
}
