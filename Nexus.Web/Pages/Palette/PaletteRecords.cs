using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Pages.Shared.Palette;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Palette;

/// <summary>What the palette finds in the database, by indexes or among few rows: each key pressed may ask.</summary>
internal sealed partial class PaletteRecords(NexusDbContext db, SavedViews saved, TimeProvider time)
{
    /// <summary>The group of conversations, by their titles.</summary>
    public const string Conversations = "Conversations";

    /// <summary>Titles are looked through of the conversations that were active last; the page Conversations searches all words of all.</summary>
    private const int NewestConversations = 2000;

    /// <summary>Anthropic's ids have no index, which every request would pay for: so many of the newest requests are looked through, of so many days.</summary>
    private const int NewestRequests = 200_000;

    private const int NewestDays = 7;

    public async Task<List<(string Title, List<PaletteEntry> Entries)>> FindAsync(string words, Arranger who, CancellationToken cancellation)
    {
        var prefix = IdPrefix.Of(words);
        var found = new List<(string, List<PaletteEntry>)> { (Conversations, await ConversationsAsync(words, prefix, cancellation)) };
        if (prefix is { } ids)
            found.Add(("Requests", await RequestsAsync(ids, cancellation)));
        else if (UpstreamId().IsMatch(words))
            found.Add(("Requests", await ByUpstreamIdAsync(words, cancellation)));
        found.Add(("Keys", await KeysAsync(words, cancellation)));
        var views = await saved.ListAsync(null, who, new(), cancellation);
        found.Add(("Saved views", [.. views.Where(view => view.Name.Contains(words, StringComparison.OrdinalIgnoreCase)).Select(view => new PaletteEntry(view.Name, Display.Words(view.Page) + (view.By is { } by ? " · by " + by : ""), view.Href))]));
        return found;
    }

    private async Task<List<PaletteEntry>> ConversationsAsync(string words, IdPrefix? prefix, CancellationToken cancellation)
    {
        var rows = db.Conversations.AsNoTracking().Where(row => row.Turns > 0);
        if (prefix is (var least, var most))
            rows = rows.Where(row => row.Id.CompareTo(least) >= 0 && row.Id.CompareTo(most) <= 0);
        else
            rows = rows.OrderByDescending(row => row.LastHour).Take(NewestConversations).Where(row => EF.Functions.ILike(row.Title!, Pattern(words), "\\"));
        var found = await rows.OrderByDescending(row => row.LastAt).Take(PaletteSearch.Most).Select(row => new { row.Id, row.Title, row.Domain, row.LastAt }).ToListAsync(cancellation);
        return [.. found.Select(row => new PaletteEntry(row.Title ?? row.Id.ToString(), row.Domain, "/dashboard/conversation/" + row.Id) { At = row.LastAt })];
    }

    private async Task<List<PaletteEntry>> RequestsAsync(IdPrefix ids, CancellationToken cancellation)
    {
        // An id begins with its time: the partition and the primary key's range are known.
        var (least, most, from, to) = (ids.Least, ids.Most, PayloadReader.StartOf(ids.Least), PayloadReader.StartOf(ids.Most));
        var found = await db.Requests.AsNoTracking().Where(row => row.StartedAt >= from && row.StartedAt <= to && row.Id.CompareTo(least) >= 0 && row.Id.CompareTo(most) <= 0)
            .OrderByDescending(row => row.StartedAt).ThenByDescending(row => row.Id).Take(PaletteSearch.Most)
            .Select(row => new { row.Id, Model = row.ModelServed ?? row.ModelRequested, row.Domain, row.StartedAt }).ToListAsync(cancellation);
        return [.. found.Select(row => new PaletteEntry(row.Id.ToString(), row.Model ?? row.Domain, "/dashboard/request/" + row.Id) { At = row.StartedAt })];
    }

    /// <summary>By the id that Anthropic's answer had, which is in its errors: as a whole, so that keys pressed on the way to it ask nothing.</summary>
    private async Task<List<PaletteEntry>> ByUpstreamIdAsync(string id, CancellationToken cancellation)
    {
        var from = time.GetUtcNow().AddDays(-NewestDays);
        var found = await db.Requests.AsNoTracking().Where(row => row.StartedAt >= from).OrderByDescending(row => row.StartedAt).Take(NewestRequests).Where(row => row.UpstreamRequestId == id)
            .OrderByDescending(row => row.StartedAt).Take(PaletteSearch.Most).Select(row => new { row.Id, Model = row.ModelServed ?? row.ModelRequested, row.Domain, row.StartedAt }).ToListAsync(cancellation);
        if (found.Count == 0)
            return [new($"No request of the last {NewestDays} days had this id", "older ones are not looked through", $"/dashboard/requests?range={NewestDays}d")];
        return [.. found.Select(row => new PaletteEntry(row.Id.ToString(), row.Model ?? row.Domain, "/dashboard/request/" + row.Id) { At = row.StartedAt })];
    }

    private async Task<List<PaletteEntry>> KeysAsync(string words, CancellationToken cancellation)
    {
        var pattern = Pattern(words);
        var found = await db.ClientKeys.AsNoTracking().Where(row => EF.Functions.ILike(row.Name, pattern, "\\") || EF.Functions.ILike(row.Owner, pattern, "\\") || row.Hint == words || row.Id == words)
            .OrderBy(row => row.RevokedAt != null).ThenByDescending(row => row.CreatedAt).Take(PaletteSearch.Most).Select(row => new { row.Id, row.Name, row.Owner, row.Hint, Revoked = row.RevokedAt != null }).ToListAsync(cancellation);
        return [.. found.Select(row => new PaletteEntry(row.Name, $"{row.Owner} · …{row.Hint}{(row.Revoked ? " · revoked" : "")}", "/dashboard/key/" + row.Id))];
    }

    [GeneratedRegex("^req_[0-9A-Za-z_-]{16,80}$")]
    private static partial Regex UpstreamId();

    /// <summary>For ILIKE, with what it would take for a sign of its own escaped by a backslash.</summary>
    public static string Pattern(string words) => "%" + words.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal) + "%";
}
