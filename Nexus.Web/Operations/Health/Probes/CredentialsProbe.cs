using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Credentials;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>Whether the credential files can be used, are private, and their logins last.</summary>
internal sealed class CredentialsProbe(CredentialFiles files, IOptions<CredentialOptions> options, IOptions<DataOptions> data, TimeProvider time) : IProbe
{
    /// <summary>Told of each kind of trouble; the page Accounts has the rest.</summary>
    private const int MostNamed = 3;

    public string Name => "credentials";

    public string Title => "Credentials";

    public Task<Finding> LookAsync(CancellationToken cancellation) => Task.FromResult(Look());

    private Finding Look()
    {
        var directory = options.Value.PathIn(data.Value.Directory);
        if (!Directory.Exists(directory))
            return Finding.Ok($"There is no {directory}: callers bring Claude credentials of their own.");
        var all = files.Domains.ToList();
        if (all.Count == 0)
            return Finding.Ok($"No credential files in {directory}: callers bring Claude credentials of their own.");
        var unusable = all.Select(domain => (Domain: domain, files.Find(domain)?.Problem)).Where(file => file.Problem is not null).ToList();
        if (unusable.Count > 0)
            return Finding.Failure($"{Count(unusable.Count)} of {all.Count} cannot be used: {string.Join("; ", unusable.Take(MostNamed).Select(file => $"{file.Domain}: {file.Problem}"))}.", $"Correct the file in {directory}; a change is in force within two seconds.");
        return Logins() ?? Modes() ?? (!FileAccessRights.MayWrite(directory) && files.Accounts.Any(account => account.Tokens?.Refresh is not null)
            ? Finding.Warning($"{directory} cannot be written: refreshed tokens are kept in memory alone, and a restart loses the login.", "Mount the directory without ro, or make it writable for Nexus.")
            : Finding.Ok($"{Count(all.Count)} in {directory}, all usable and private."));
    }

    /// <summary>Null when each login lasts.</summary>
    private Finding? Logins()
    {
        var now = time.GetUtcNow();
        var ended = files.Accounts.Where(account => account.Health is { LoginEnded: true } or { Unsaved: not null } || account.Tokens is { Refresh: null } tokens && tokens.EndsWithin(TimeSpan.Zero, now)).ToList();
        var (text, fix) = Parted((ended.Count > 0 ? ended : files.Accounts).Select(account => CredentialState.Advice(account, now)), ". ", "The page Accounts shows how its refreshes go.");
        return text.Length == 0 ? null : ended.Count > 0 ? Finding.Failure(text, fix) : Finding.Warning(text, fix);
    }

    /// <summary>Null when nobody else may open the files.</summary>
    private Finding? Modes()
    {
        var (text, fix) = Parted(files.Warnings, ": ", "");
        return text.Length == 0 ? null : Finding.Warning(text, fix);
    }

    /// <summary>Lines that say first what is wrong, and behind a mark what to do.</summary>
    private static (string Text, string Fix) Parted(IEnumerable<string?> lines, string mark, string otherwise)
    {
        var parts = lines.OfType<string>().Take(MostNamed).Select(line => line.LastIndexOf(mark, StringComparison.Ordinal) is var at and > 0 ? (line[..at] + ".", line[(at + mark.Length)..]) : (line, otherwise)).ToList();
        return (string.Join(" ", parts.Select(part => part.Item1)), string.Join(" ", parts.Select(part => part.Item2).Distinct()));
    }

    private static string Count(int files) => files == 1 ? "1 file" : $"{files} files";
}
