using System.CommandLine;
using Nexus.Web.Credentials;
using Nexus.Web.Credentials.OAuth;
using Nexus.Web.Credentials.Sealing;

namespace Nexus.Web.Cli;

/// <summary><c>nexus credentials list|check|seal|unseal|rotate</c>: the credential files, also while Nexus runs. No secret is printed.</summary>
internal static class CredentialsCommand
{
    public static Command Create() => new("credentials", "The files of Claude accounts (CREDENTIALS_DIR).") { List(), Check(), Seal(), Unseal(), Rotate() };

    private static Command List()
    {
        var command = new Command("list", "Lists accounts, one a line, separated by tabs.");
        command.SetAction((_, _) => RunAsync(services =>
        {
            var now = TimeProvider.System.GetUtcNow();
            var files = services.GetRequiredService<CredentialFiles>();
            Console.WriteLine("domain\taccount\ttype\tstate\tbase url\tclient key\tsealed");
            foreach (var domain in files.Domains.Order(StringComparer.Ordinal))
            {
                var credential = files.Find(domain)!;
                var clientKey = credential.ClientApiKey is null ? "no" : "yes";
                if (credential.Problem is not null)
                    Console.WriteLine($"{domain}\t-\t-\tinvalid\t-\t-\t-");
                foreach (var account in credential.Accounts)
                    Console.WriteLine($"{domain}\t{account.Id}\t{(account.Kind == AccountKind.OAuth ? "oauth" : "api_key")}\t{CredentialState.Of(account, now)}\t{account.BaseUrl?.ToString() ?? "-"}\t{clientKey}\t{Sealed(files.PathOf(domain))}");
            }

            return 0;
        }));
        return command;
    }

    private static Command Check()
    {
        var command = new Command("check", "Looks for files that cannot be used, logins that end and modes that are too wide; says what to do. 1 when there is any.");
        command.SetAction((_, _) => RunAsync(services =>
        {
            var now = TimeProvider.System.GetUtcNow();
            var files = services.GetRequiredService<CredentialFiles>();
            var problems = files.Warnings.ToList();
            foreach (var domain in files.Domains.Order(StringComparer.Ordinal))
            {
                var credential = files.Find(domain)!;
                if (credential.Problem is { } problem)
                    problems.Add($"{domain}: the file cannot be used: {problem}");
                problems.AddRange(credential.Accounts.Select(account => CredentialState.Advice(account, now)).OfType<string>());
            }

            problems.ForEach(Console.WriteLine);
            if (problems.Count == 0)
                Console.WriteLine($"{files.Domains.Count()} files with {files.Accounts.Count()} accounts, all well.");
            return problems.Count == 0 ? 0 : 1;
        }));
        return command;
    }

    private static Command Seal() => OverFiles("seal", "Seals the secrets of credential files in place, with the key under DATA_DIR/keys/credentials. Keep that key: without it the files are worth nothing.", "sealed", (files, path) => files.Seal(path));

    private static Command Unseal() => OverFiles("unseal", "Puts the secrets of credential files back in clear.", "put back in clear", (files, path) => files.Unseal(path));

    private static Command Rotate()
    {
        var command = new Command("rotate", "Makes a new sealing key, and seals with it what is sealed. Older keys stay, for backups.");
        command.SetAction((_, cancellation) => RunAsync(services =>
        {
            services.GetRequiredService<CredentialSeal>().Rotate();
            return ChangeAsync(services, null, "sealed anew", (files, path) => files.Reseal(path), cancellation);
        }));
        return command;
    }

    private static Command OverFiles(string name, string description, string done, Func<SealedFiles, string, int> change)
    {
        var domain = new Argument<string?>("domain") { Arity = ArgumentArity.ZeroOrOne, Description = "Only this domain's file. Without: all." };
        var command = new Command(name, description) { domain };
        command.SetAction((parsed, cancellation) => RunAsync(services => ChangeAsync(services, parsed.GetValue(domain), done, change, cancellation)));
        return command;
    }

    /// <summary>A file that a refresh or another command is at is left as it is: what was read before would put a spent refresh token back.</summary>
    private static async Task<int> ChangeAsync(IServiceProvider services, string? domain, string done, Func<SealedFiles, string, int> change, CancellationToken cancellation)
    {
        var failed = 0;
        var files = services.GetRequiredService<CredentialFiles>();
        var domains = domain is null ? files.Domains.Order(StringComparer.Ordinal).ToList() : [domain.ToLowerInvariant()];
        foreach (var each in domains)
        {
            var path = files.PathOf(each);
            if (!File.Exists(path))
                throw new FormatException($"There is no {path}.");
            await using var held = await RefreshLock.TakeAsync(path, null, [], cancellation);
            if (!held.HasFile)
            {
                Console.Error.WriteLine($"{each}: nothing was changed: {(held.IsBusy ? "another process is changing the file (a refresh of its tokens, or another command). Run the command again" : $"no lock file can be made in {Path.GetDirectoryName(path)}. Make the directory writable for this user, and run the command again")}.");
                failed++;
                continue;
            }

            Console.WriteLine($"{each}: {change(services.GetRequiredService<SealedFiles>(), path)} secrets {done}");
        }

        return failed == 0 ? 0 : 1;
    }

    private static string Sealed(string path) => SealedFiles.Count(path) is var (some, all) && some == all ? "yes" : some == 0 ? "no" : $"{some} of {all}";

    private static Task<int> RunAsync(Func<IServiceProvider, int> act) => RunAsync(services => Task.FromResult(act(services)));

    private static async Task<int> RunAsync(Func<IServiceProvider, Task<int>> act)
    {
        await using var app = CliHost.Build(builder => builder.AddCredentialFiles());
        try
        {
            return await act(app.Services);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            Console.Error.WriteLine(error is System.Security.Cryptography.CryptographicException ? "A sealed value cannot be opened: its key is not under DATA_DIR/keys/credentials. Set DATA_DIR as Nexus has it, or put the key back from its backup." : error.Message);
            return 1;
        }
    }
}
