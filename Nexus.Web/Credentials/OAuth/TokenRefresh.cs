using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Credentials.Sealing;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Storage;

namespace Nexus.Web.Credentials.OAuth;

/// <summary>Refreshes accounts' tokens, one refresh of an account and of a login at a time, and puts them back into their file. The same login may stand in the files of several accounts.</summary>
internal sealed partial class TokenRefresh(CredentialFiles files, CredentialSeal seal, OAuthClient client, IServiceProvider services, SecretMask mask, TimeProvider time, ILogger<TokenRefresh> logger)
{
    private static readonly Task<bool> Ready = Task.FromResult(true);

    /// <summary>By account and by login.</summary>
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
            if (_running.TryGetValue(LoginOf(account), out var others))
                return SharedAsync(others, account);
            // Not the caller's to cancel: others wait for it too, and half a refresh loses a login.
            var run = Task.Run(() => RefreshAsync(account));
            string[] names = [account.Id, LoginOf(account)];
            foreach (var name in names)
                _running[name] = run;
            _ = run.ContinueWith(_ => Array.ForEach(names, name => _running.TryRemove(KeyValuePair.Create(name, run))), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
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

    /// <summary>Tries again to write tokens that are in memory alone; not while another process has the file.</summary>
    public async Task SaveAgainAsync(Account account)
    {
        if (account.Health.Unsaved is null)
            return;
        await using var held = await RefreshLock.TakeAsync(files.PathOf(account.Domain), null, [], CancellationToken.None, TimeSpan.FromSeconds(1));
        if (!held.IsBusy && account is { Health.Unsaved: not null, Tokens: { } tokens })
            Save(account, tokens);
    }

    /// <summary>The refresh that is under way shares its tokens with all accounts of the login before it ends.</summary>
    private async Task<bool> SharedAsync(Task<bool> running, Account account) =>
        await running && account.Tokens?.EndsWithin(OAuthTokens.Margin, time.GetUtcNow()) == false;

    private static string LoginOf(Account account) => account.Tokens?.Refresh is { } refresh ? "login " + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(refresh))) : account.Id;

    private async Task<bool> UsableAsync(Account account)
    {
        if (account.Health.MayTry(time.GetUtcNow()) && await RunAsync(account))
            return true;
        // A refresh ahead of the end that failed: until then the old token is as good as ever.
        return account.Tokens?.EndsWithin(TimeSpan.Zero, time.GetUtcNow()) == false;
    }

    private async Task<bool> RefreshAsync(Account account)
    {
        var known = account.Tokens!;
        var spent = new HashSet<string?> { known.Refresh };
        try
        {
            await using var held = await RefreshLock.TakeAsync(files.PathOf(account.Domain), _database, [account.Id, LoginOf(account)], CancellationToken.None);
            await RenewAsync(account, spent);
            // Other nodes wait for the login until all its files have the new tokens; for the files nobody waits with one in hand.
            await held.ReleaseFileAsync();
            await ShareAsync(account, spent);
            return true;
        }
        catch (OAuthException error)
        {
            // The same login in another domain's file was refreshed meanwhile, and shared.
            if (!ReferenceEquals(account.Tokens, known) && account.Tokens?.EndsWithin(OAuthTokens.Ahead, time.GetUtcNow()) == false)
                return true;
            account.Health = account.Health with { FailedAt = time.GetUtcNow(), Failures = account.Health.Failures + 1, Error = error.Message, LoginEnded = error.IsRefused };
            Log.Failed(logger, account.Id, error.Message, error.IsRefused ? $"Its login has ended: run 'nexus oauth login {account.Domain}'." : "It is tried again.");
            return false;
        }
    }

    private async Task RenewAsync(Account account, HashSet<string?> spent)
    {
        var before = account.Tokens!;
        // Another process may have been faster.
        if (Stored(account) is { } stored && stored.Access != before.Access && stored.ExpiresAt > (before.ExpiresAt ?? DateTimeOffset.MinValue))
        {
            Take(account, stored);
            account.FiledRefresh = stored.Refresh;
            if (!stored.EndsWithin(OAuthTokens.Ahead, time.GetUtcNow()))
                return;
            before = stored;
            spent.Add(stored.Refresh);
        }

        var tokens = await AskAsync(account, before, spent);
        Take(account, tokens);
        Save(account, tokens);
        Log.Refreshed(logger, account.Id, tokens.ExpiresAt);
    }

    /// <summary>A refused grant is looked up once more: whoever refreshed meanwhile has left the next one in the file.</summary>
    private async Task<OAuthTokens> AskAsync(Account account, OAuthTokens before, HashSet<string?> spent)
    {
        try
        {
            return await client.RefreshAsync(before, CancellationToken.None);
        }
        catch (OAuthException error) when (error.IsRefused && Stored(account) is { Refresh: { } newer } stored && newer != before.Refresh && newer != account.FiledRefresh)
        {
            account.FiledRefresh = newer;
            if (!stored.EndsWithin(OAuthTokens.Ahead, time.GetUtcNow()))
                return stored;
            spent.Add(newer);
            return await client.RefreshAsync(stored, CancellationToken.None);
        }
    }

    /// <summary>
    /// The refresh token that was spent may stand in other domains' files, too, and in the account that an edit of the file has
    /// made anew meanwhile: each of them has the new tokens at once, and then its file. After the own file's lock, so that no two wait for each other, and before the login's, so that no node refreshes what another file still says.
    /// </summary>
    private async Task ShareAsync(Account account, HashSet<string?> spent)
    {
        var tokens = account.Tokens!;
        var others = files.Accounts.Where(other => other != account && other.Tokens is { Refresh: { } refresh } old && old.Access != tokens.Access && spent.Contains(refresh)).ToList();
        foreach (var other in others)
            Take(other, tokens);
        foreach (var other in others)
        {
            await using var held = await RefreshLock.TakeAsync(files.PathOf(other.Domain), null, [], CancellationToken.None);
            Save(other, tokens);
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
            var logins = CredentialDocument.Read(files.PathOf(account.Domain)).Logins().Select(login => (login.Position, login.AccountId, Tokens: files.Parser.Tokens(login.Tokens))).ToList();
            // An edit may have moved it: by its token first, and where that was replaced by its name.
            return logins.FirstOrDefault(login => login.Tokens.Refresh is { } refresh && refresh == account.FiledRefresh).Tokens
                ?? logins.FirstOrDefault(login => CredentialParser.IdOf(account.Domain, login.Position, login.AccountId) == account.Id).Tokens;
        }
        catch (Exception error) when (IsFile(error))
        {
            return null;
        }
    }

    /// <summary>Replaces the refresh token that is spent, wherever the file has it now, and nothing else: an edit or a login during the refresh stays.</summary>
    private void Save(Account account, OAuthTokens tokens)
    {
        try
        {
            var document = CredentialDocument.Read(files.PathOf(account.Domain));
            var logins = document.Logins().Select(login => (login.Position, login.AccountId, Tokens: files.Parser.Tokens(login.Tokens))).ToList();
            var mine = logins.Where(login => login.Tokens.Refresh is { } refresh && (refresh == account.FiledRefresh || refresh == tokens.Refresh)).ToList();
            if (mine.Count == 0 && !logins.Exists(login => login.AccountId == account.Id || !document.IsPool))
                throw new FormatException("its file has its login no more.");
            var older = mine.Where(login => login.Tokens.Refresh != tokens.Refresh || !(login.Tokens.ExpiresAt >= tokens.ExpiresAt)).ToList();
            foreach (var login in older)
                document.SetTokens(login.Position, tokens, seal);
            if (older.Count > 0)
                document.Write();
            if (mine.Count > 0)
                account.FiledRefresh = tokens.Refresh;
            else
                Log.Superseded(logger, account.Id);
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
        JournalFiles.IsDisk(error) || error is FormatException or ArgumentException or System.Text.Json.JsonException or System.Security.Cryptography.CryptographicException;

    private static partial class Log
    {
        [LoggerMessage(EventName = "oauth_refreshed", Level = LogLevel.Information, Message = "The tokens of account {AccountId} were refreshed; they are good until {Until}.")]
        public static partial void Refreshed(ILogger logger, string accountId, DateTimeOffset? until);

        [LoggerMessage(EventName = "oauth_failed", Level = LogLevel.Warning, Message = "The tokens of account {AccountId} could not be refreshed: {Reason}. {What}")]
        public static partial void Failed(ILogger logger, string accountId, string reason, string what);

        [LoggerMessage(EventName = "oauth_superseded", Level = LogLevel.Information, Message = "The file of account {AccountId} has another login now, which is kept; the tokens of the one before are not written.")]
        public static partial void Superseded(ILogger logger, string accountId);

        [LoggerMessage(EventName = "oauth_unsaved", Level = LogLevel.Error, Message = "The new tokens of account {AccountId} cannot be written and are in memory alone: {Reason} After a restart the account needs a new login.")]
        public static partial void Unsaved(ILogger logger, string accountId, string reason);
    }
}
