using System.Text.Json;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Credentials;
using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>Whether the credential files can be used, are private, and have not run out.</summary>
internal sealed class CredentialsProbe(CredentialFiles files, IOptions<CredentialOptions> options, IOptions<DataOptions> data, TimeProvider time) : IProbe
{
    private const string Pattern = "*.credentials.json";

    public string Name => "credentials";

    public string Title => "Credentials";

    public Task<Finding> LookAsync(CancellationToken cancellation) => Task.FromResult(Look());

    private Finding Look()
    {
        var directory = options.Value.Directory is { Length: > 0 } given ? given : Path.Combine(data.Value.Directory, "credentials");
        if (!Directory.Exists(directory))
            return Finding.Ok($"There is no {directory}: callers bring Claude credentials of their own.");
        var paths = Directory.GetFiles(directory, Pattern);
        if (paths.Length == 0)
            return Finding.Ok($"No credential files in {directory}: callers bring Claude credentials of their own.");
        var unusable = files.Domains.Select(domain => (Domain: domain, files.Find(domain)?.Problem)).Where(file => file.Problem is not null).ToList();
        if (unusable.Count > 0)
            return Finding.Failure($"{Count(unusable.Count)} of {paths.Length} cannot be used: {string.Join("; ", unusable.Take(3).Select(file => $"{file.Domain}: {file.Problem}"))}.", $"Correct the file in {directory}; a change is in force within two seconds.");
        var expired = paths.Select(path => (Name: Path.GetFileName(path), Token: Token.Of(path))).Where(file => file.Token is { Renewable: false } token && token.Expires < time.GetUtcNow().AddDays(1)).ToList();
        if (expired.Count > 0)
            return expired.Any(file => file.Token!.Expires < time.GetUtcNow())
                ? Finding.Failure($"{string.Join(", ", expired.Select(file => file.Name))} ran out at {Display.Utc(expired.Min(file => file.Token!.Expires))} and cannot be renewed.", "Log the account in again.")
                : Finding.Warning($"{string.Join(", ", expired.Select(file => file.Name))} runs out at {Display.Utc(expired.Min(file => file.Token!.Expires))} and cannot be renewed.", "Log the account in again before then.");
        var advice = files.Accounts.Where(account => account.Health is { LoginEnded: true } or { Unsaved: not null }).Select(account => CredentialState.Advice(account, time.GetUtcNow())).OfType<string>().ToList();
        if (advice.Count > 0)
            return Finding.Failure(string.Join(" ", advice.Take(3)), "The page Accounts has each account's state.");
        var open = FileAccessRights.OpenToOthers(directory, Pattern).Take(3).ToList();
        if (open.Count > 0)
            return Finding.Warning($"Others may read {string.Join(", ", open)}.", $"chmod 600 {directory}/{Pattern}");
        return !FileAccessRights.MayWrite(directory) && paths.Any(path => Token.Of(path) is { Renewable: true })
            ? Finding.Warning($"{directory} cannot be written: renewed tokens are kept in memory alone and are lost with a restart.", "Mount the directory without ro.")
            : Finding.Ok($"{Count(paths.Length)} in {directory}, all usable and private.");
    }

    private static string Count(int files) => files == 1 ? "1 file" : $"{files} files";

    /// <summary>When an OAuth token of a file runs out.</summary>
    private sealed record Token(DateTimeOffset Expires, bool Renewable)
    {
        public static Token? Of(string path)
        {
            try
            {
                using var json = JsonDocument.Parse(File.ReadAllBytes(path));
                return json.RootElement.TryGetProperty("oauth", out var oauth) && oauth.TryGetProperty("expiresAt", out var expires) && expires.TryGetInt64(out var milliseconds)
                    ? new(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), oauth.TryGetProperty("refreshToken", out var refresh) && refresh.ValueKind == JsonValueKind.String && refresh.GetString()!.Length > 0)
                    : null;
            }
            catch (Exception error) when (error is IOException or JsonException or UnauthorizedAccessException or InvalidOperationException or ArgumentOutOfRangeException)
            {
                return null;
            }
        }
    }
}
