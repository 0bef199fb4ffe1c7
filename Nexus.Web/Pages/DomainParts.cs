using Microsoft.EntityFrameworkCore;
using Nexus.Web.Access.Keys;
using Nexus.Web.Credentials;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Pages;

/// <summary>Reads the domains that were seen, have an account or have keys.</summary>
internal sealed class DomainParts(NexusDbContext db, ClientKeys keys, CredentialFiles files, TimeProvider time)
{
    /// <summary>The busiest first.</summary>
    public async Task<List<DomainPart>> ListAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var seen = await db.Usage(now.AddDays(-30), now).GroupBy(row => row.Domain)
            .Select(group => new { group.Key, Requests = group.Sum(row => row.Requests), Last = group.Max(row => row.LastRequestAt) }).ToDictionaryAsync(row => row.Key, cancellation);
        var settings = await db.DomainSettings.AsNoTracking().ToDictionaryAsync(row => row.Domain, cancellation);
        var working = (await KeyLine.ListAsync(keys, now, cancellation)).Where(key => key.Works).GroupBy(key => key.Domain).ToDictionary(group => group.Key, group => group.Count());
        var names = seen.Keys.Concat(settings.Keys).Concat(working.Keys).Concat(files.Domains).Distinct();
        return [.. names.Select(name =>
        {
            var (requests, last) = seen.TryGetValue(name, out var sums) ? (sums.Requests, (DateTimeOffset?)sums.Last) : (0, null);
            var set = settings.GetValueOrDefault(name);
            var (who, tone) = Payer(files.Find(name));
            return new DomainPart(name, requests, last, who, tone, working.GetValueOrDefault(name), set?.Capture, set?.CaptureReason, set?.UpdatedBy, set?.UpdatedAt);
        }).OrderByDescending(part => part.Requests).ThenBy(part => part.Domain, StringComparer.Ordinal)];
    }

    private static (string Text, string? Tone) Payer(DomainCredential? credential) => credential switch
    {
        null => ("callers, with their own credential", null),
        { Problem: { } problem } => ("nobody: " + problem, "bad"),
        _ => ($"{(credential.IsPool ? "accounts" : "account")} {credential.AccountIds}{(credential.ClientApiKey is null ? "" : "; its file has a key too")}", null),
    };
}
