using System.CommandLine;
using Microsoft.Extensions.Options;
using Nexus.Web.Credentials;
using Nexus.Web.Credentials.OAuth;
using Nexus.Web.Credentials.Sealing;

namespace Nexus.Web.Cli;

/// <summary><c>nexus oauth login|status|refresh|refresh-all</c>: the logins in credential files, also while Nexus runs. No token is printed.</summary>
internal static class OAuthCommand
{
    public static Command Create() => new("oauth", "Claude logins (credential files of type oauth).") { Login(), Status(), Refresh(), RefreshAll() };

    private static Command Login()
    {
        var domain = new Argument<string>("domain") { Description = "Whose credential file gets the login, such as claude.example.com." };
        var account = Position();
        var command = new Command("login", "Logs in to Claude in a browser, and writes the tokens into the domain's credential file.") { domain, account };
        command.SetAction((parsed, cancellation) => RunAsync(async services =>
        {
            var (pkce, options) = (Pkce.New(), services.GetRequiredService<IOptions<OAuthOptions>>().Value);
            var name = parsed.GetValue(domain)!.ToLowerInvariant();
            if (Access.RequestDomain.From(name) is null)
                throw new FormatException($"'{name}' is no host name.");
            Console.WriteLine("Open this address in a browser, allow the login, and paste the code that the page shows (code#state):");
            Console.WriteLine(pkce.Address(options));
            var pasted = await Console.In.ReadLineAsync(cancellation) ?? throw new FormatException("No code was given.");
            var tokens = await services.GetRequiredService<OAuthClient>().ExchangeAsync(pkce.CodeOf(pasted), pkce, cancellation);
            var path = services.GetRequiredService<CredentialFiles>().PathOf(name);
            Configuration.PrivateFiles.MakeDirectory(Path.GetDirectoryName(path)!);
            await using var held = await RefreshLock.TakeAsync(path, null, [], cancellation);
            var document = CredentialDocument.Read(path);
            document.SetTokens(parsed.GetValue(account) - 1, tokens, services.GetRequiredService<CredentialSeal>());
            document.Write();
            Console.WriteLine($"{path} has the login; it is good until {Until(tokens)} and refreshed by itself.");
            return 0;
        }));
        return command;
    }

    private static Command Status()
    {
        var domain = new Argument<string?>("domain") { Arity = ArgumentArity.ZeroOrOne, Description = "Only this domain. Without: all." };
        var command = new Command("status", "How long each login is good for, one account a line, separated by tabs.") { domain };
        command.SetAction((parsed, _) => RunAsync(services =>
        {
            var now = TimeProvider.System.GetUtcNow();
            Console.WriteLine("domain\taccount\tstate\texpires\tscopes\tmax\trefresh token");
            foreach (var account in Logins(services, parsed.GetValue(domain)))
                Console.WriteLine($"{account.Domain}\t{account.Id}\t{CredentialState.Of(account, now)}\t{CredentialState.Time(account.Tokens!, now)}\t{string.Join(' ', account.Tokens!.Scopes)}\t{(account.Tokens.IsMax is { } max ? max ? "yes" : "no" : "-")}\t{(account.Tokens.Refresh is null ? "no" : "yes")}");
            return Task.FromResult(0);
        }));
        return command;
    }

    private static Command Refresh()
    {
        var domain = new Argument<string>("domain") { Description = "Whose credential file." };
        var force = new Option<bool>("--force") { Description = "Also when the token is good for more than a minute." };
        var command = new Command("refresh", "Refreshes a login that has ended or is about to.") { domain, force };
        command.SetAction((parsed, _) => RunAsync(async services =>
        {
            var failed = 0;
            foreach (var account in Logins(services, parsed.GetValue(domain)))
                failed += await TryAsync(services, account, parsed.GetValue(force) ? null : OAuthTokens.Margin) is false ? 1 : 0;
            return failed == 0 ? 0 : 1;
        }));
        return command;
    }

    private static Command RefreshAll()
    {
        var dry = new Option<bool>("--dry-run") { Description = "Only says what would be done." };
        var command = new Command("refresh-all", "Refreshes every login that is good for 5 minutes or less.") { dry };
        command.SetAction((parsed, _) => RunAsync(async services =>
        {
            var (refreshed, skipped, failed) = (0, 0, 0);
            foreach (var account in Logins(services, null))
            {
                var due = account.Tokens!.EndsWithin(OAuthTokens.Ahead, TimeProvider.System.GetUtcNow());
                if (parsed.GetValue(dry))
                    Console.WriteLine($"{account.Domain}\t{account.Id}\t{(due ? "would be refreshed" : "is left as it is")}");
                switch (parsed.GetValue(dry) ? null : await TryAsync(services, account, OAuthTokens.Ahead))
                {
                    case true: refreshed++; break;
                    case false: failed++; break;
                    default: skipped++; break;
                }
            }

            Console.WriteLine($"{refreshed} refreshed, {skipped} left as they are, {failed} failed; {services.GetRequiredService<CredentialFiles>().Accounts.Count(account => account.Kind == AccountKind.ApiKey)} accounts have API keys.");
            return failed == 0 ? 0 : 1;
        }));
        return command;
    }

    /// <summary>Null when nothing was to be done.</summary>
    private static async Task<bool?> TryAsync(IServiceProvider services, Account account, TimeSpan? within)
    {
        if (within is { } span && !account.Tokens!.EndsWithin(span, TimeProvider.System.GetUtcNow()))
        {
            Console.WriteLine($"{account.Domain}\t{account.Id}\tis good until {Until(account.Tokens)}");
            return null;
        }

        var done = await services.GetRequiredService<TokenRefresh>().RunAsync(account);
        Console.WriteLine($"{account.Domain}\t{account.Id}\t{(done ? "refreshed, good until " + Until(account.Tokens!) : "failed")}");
        if (CredentialState.Advice(account, TimeProvider.System.GetUtcNow()) is { } advice)
            Console.Error.WriteLine(advice);
        return done && account.Health.Unsaved is null;
    }

    private static List<Account> Logins(IServiceProvider services, string? domain)
    {
        var files = services.GetRequiredService<CredentialFiles>();
        domain = domain?.ToLowerInvariant();
        if (domain is not null && files.Find(domain) is not { Problem: null })
            throw new FormatException($"There is no usable credential file of '{domain}'{(files.Find(domain)?.Problem is { } problem ? $": {problem}" : "")}.");
        return [.. files.Accounts.Where(account => account.Tokens is not null && (domain is null || account.Domain == domain)).OrderBy(account => account.Domain, StringComparer.Ordinal)];
    }

    private static Option<int?> Position() => new("--account") { Description = "Which account of the file's pool, from 1." };

    private static string Until(OAuthTokens tokens) => tokens.ExpiresAt is { } end ? end.UtcDateTime.ToString("yyyy-MM-ddTHH:mmZ", System.Globalization.CultureInfo.InvariantCulture) : "an unknown time";

    private static async Task<int> RunAsync(Func<IServiceProvider, Task<int>> act)
    {
        await using var app = CliHost.Build(builder => builder.AddCredentialFiles());
        try
        {
            return await act(app.Services);
        }
        catch (Exception error) when (error is OAuthException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"It did not work: {error.Message}");
            return 1;
        }
    }
}
