using System.Security.Claims;
using Nexus.Web.Access.Roles;
using Nexus.Web.Capture;
using Nexus.Web.Credentials;
using Nexus.Web.Operations;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Pages.Mine;
using Nexus.Web.Pages.Shared.Palette;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Palette;

/// <summary>What the palette finds for some words: a few of each kind, and only what the person may open.</summary>
internal sealed class PaletteSearch(ReachablePages reachable, CredentialFiles files, PaletteRecords records, OwnRecords own)
{
    public const int Longest = 100;

    /// <summary>Of one kind; without words every page is listed.</summary>
    public const int Most = 6;

    private static readonly List<PaletteEntry> Actions =
    [
        new("Toggle theme", "light or dark", Act: "theme"),
        new("Keyboard shortcuts", "?", Act: "keys"),
        new("New key", "Keys", Href: "/dashboard/keys#new-key"),
        new("New limit", "Budgets", Href: "/dashboard/budgets#new-limit"),
        new("Run backup now", "starts database-backup", Post: "/dashboard/backups?handler=Run&job=" + DatabaseBackupJob.Id),
        .. Schedule.All.Where(job => job.Cron is not null && job.Id != DatabaseBackupJob.Id).Select(job => new PaletteEntry($"Run {job.Id} now", "starts the job", Post: "/dashboard/jobs?handler=Run&job=" + job.Id)),
        new("Log out", Post: "/dashboard/logout"),
    ];

    /// <returns>The groups, and why not everything was looked through.</returns>
    public async Task<(List<PaletteGroup> Groups, string? Problem)> FindAsync(ClaimsPrincipal user, Arranger who, string asked, CancellationToken cancellation)
    {
        var words = asked.Trim();
        var groups = new List<PaletteGroup>();
        async Task AddAsync(string title, IEnumerable<PaletteEntry> entries, int most = Most)
        {
            var allowed = new List<PaletteEntry>();
            foreach (var entry in entries)
                if (allowed.Count < most && ((entry.Href ?? entry.Post) is not { } address || await reachable.AllowsAsync(user, address)))
                    allowed.Add(entry);
            if (allowed.Count > 0)
                groups.Add(new(title, allowed));
        }

        string? problem = null;
        await AddAsync("Pages", Matching(words, Navigation.Groups.SelectMany(group => group.Entries.Select(entry => new PaletteEntry(entry.Title, entry.Letter is { } letter ? $"{group.Title} · g {letter}" : group.Title, entry.Href)))), words.Length == 0 ? 50 : Most);
        if (words.Length > 0)
        {
            try
            {
                foreach (var (title, entries) in await records.FindAsync(words, who, cancellation))
                    await AddAsync(title, entries);
                // What is somebody's own they may open whatever their role: of these pages the role is not asked.
                if (SignedIn.Of(user) is { Owner: { } name, Role: < Role.Analyst } member)
                    groups.AddRange(await OwnAsync(name, words, requestsToo: member.Role < Role.Viewer, cancellation));
            }
            catch (Exception error) when (DatabaseAway.IsDatabase(error))
            {
                problem = "The database is away: requests, conversations and keys are not looked through.";
            }

            await AddAsync("Accounts", Matching(words, files.Accounts.DistinctBy(account => account.Id).OrderBy(account => account.Id, StringComparer.Ordinal).Select(account => new PaletteEntry(account.Id, account.Domain, "/dashboard/accounts#a-" + Uri.EscapeDataString(account.Id)))));
            await AddAsync("Jobs", Matching(words, Schedule.All.Select(job => new PaletteEntry(job.Id, job.Purpose, "/dashboard/job/" + job.Id))));
        }

        await AddAsync("Actions", Matching(words, Actions), words.Length == 0 ? 5 : Most);
        if (words.Length > 0)
            await AddAsync("Search",
            [
                new($"Search conversations for “{words}”", null, "/dashboard/conversations?q=" + Uri.EscapeDataString(words)),
                .. SignedIn.Of(user)?.Owner is null ? Array.Empty<PaletteEntry>() : [new($"Search mine for “{words}”", null, "/dashboard/mine?q=" + Uri.EscapeDataString(words))],
            ]);
        return (groups, problem);
    }

    private async Task<List<PaletteGroup>> OwnAsync(string name, string words, bool requestsToo, CancellationToken cancellation)
    {
        var mine = await own.OfAsync(name, cancellation);
        var groups = new List<PaletteGroup>();
        if ((await own.ConversationsAsync(mine, new(null, null, words, ByTitle: true), null, Most, cancellation)).Rows is { Count: > 0 } conversations)
            groups.Add(new("My conversations", [.. conversations.Select(row => new PaletteEntry(row.Title ?? row.Id.ToString(), row.Domain, "/dashboard/conversation/" + row.Id) { At = row.LastAt })]));
        if (requestsToo && IdPrefix.Of(words) is not null && (await own.RequestsAsync(mine, new(null, null, words), null, Most, cancellation)).Rows is { Count: > 0 } requests)
            groups.Add(new("My requests", [.. requests.Select(row => new PaletteEntry(row.Id.ToString(), row.Model ?? row.Domain, "/dashboard/request/" + row.Id) { At = row.At })]));
        return groups;
    }

    /// <summary>Those that have every word in what they are called, the ones that begin with them first.</summary>
    private static IEnumerable<PaletteEntry> Matching(string asked, IEnumerable<PaletteEntry> entries)
    {
        var words = asked.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return entries.Where(entry => words.All(word => entry.Text.Contains(word, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(entry => entry.Text.StartsWith(asked, StringComparison.OrdinalIgnoreCase) ? 0 : entry.Text.Contains(" " + asked, StringComparison.OrdinalIgnoreCase) ? 1 : 2);
    }
}
