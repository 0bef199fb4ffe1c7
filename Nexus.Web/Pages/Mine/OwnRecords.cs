using Microsoft.EntityFrameworkCore;
using Nexus.Web.Access.Keys;
using Nexus.Web.Access.Limits;
using Nexus.Web.Capture;
using Nexus.Web.Conversations;
using Nexus.Web.Pages.Palette;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Mine;

/// <summary>What is somebody's own: their keys, and the owner's name in each way in which it is written.</summary>
internal sealed record OwnKeys(IReadOnlyList<ClientKeyRow> Keys, IReadOnlyList<string> Owners)
{
    public IReadOnlyList<string> KeyIds { get; } = [.. Keys.Select(key => key.Id)];

    /// <summary>Whether a limit is of this person, or of a key of theirs.</summary>
    public bool IsLimitedBy(LimitState state) => state.Limit.Scope switch
    {
        "owner" => Owners.Contains(state.Subject, StringComparer.OrdinalIgnoreCase),
        "key" => KeyIds.Contains(state.Subject),
        _ => false,
    };
}

/// <param name="From">Inclusive; null: from the beginning.</param>
/// <param name="To">Exclusive.</param>
/// <param name="Words">Or the beginning of an id.</param>
/// <param name="ByTitle">Conversations by a part of their title, as somebody types it, and not by whole words in them.</param>
internal sealed record OwnQuestion(DateTimeOffset? From, DateTimeOffset? To, string? Words, bool ByTitle = false);

/// <summary>Requests and conversations of one person, newest first, for their page and their palette.</summary>
internal sealed class OwnRecords(NexusDbContext db)
{
    public async Task<OwnKeys> OfAsync(string name, CancellationToken cancellation)
    {
        // Owners are written by hand, in whatever letters.
        var keys = await db.ClientKeys.FromSql($"SELECT * FROM client_keys WHERE lower(owner) = lower({name})").AsNoTracking().OrderByDescending(key => key.CreatedAt).Take(KeyLine.Most).ToListAsync(cancellation);
        return new(keys, [.. keys.Select(key => key.Owner).Append(name).Distinct()]);
    }

    /// <returns>With the id of the last where there are older ones.</returns>
    public async Task<(IReadOnlyList<RequestLine> Rows, Guid? Last)> RequestsAsync(OwnKeys mine, OwnQuestion asked, Guid? before, int most, CancellationToken cancellation)
    {
        var owners = mine.Owners.ToList();
        var rows = db.Requests.AsNoTracking().Where(row => owners.Contains(row.Owner!));
        if (asked.From is { } from)
            rows = rows.Where(row => row.StartedAt >= from);
        if (asked.To is { } to)
            rows = rows.Where(row => row.StartedAt < to);
        if (asked.Words is { } words)
        {
            var pattern = PaletteRecords.Pattern(words);
            // An id begins with its time: the partition and the range are known.
            if (IdPrefix.Of(words) is (var least, var end))
            {
                var (first, last) = (PayloadReader.StartOf(least), PayloadReader.StartOf(end));
                rows = rows.Where(row => row.StartedAt >= first && row.StartedAt <= last && row.Id.CompareTo(least) >= 0 && row.Id.CompareTo(end) <= 0);
            }
            else
                rows = rows.Where(row => EF.Functions.ILike(row.ModelServed ?? row.ModelRequested!, pattern, "\\") || EF.Functions.ILike(row.Domain, pattern, "\\"));
        }

        if (before is { } id)
        {
            var at = PayloadReader.StartOf(id);
            rows = rows.Where(row => row.StartedAt <= at && (row.StartedAt < at || row.Id.CompareTo(id) < 0));
        }

        var found = await rows.OrderByDescending(row => row.StartedAt).ThenByDescending(row => row.Id).Take(most + 1).Select(RequestLine.FromLedger).ToListAsync(cancellation);
        return found.Count > most ? (found[..most], found[most - 1].Id) : (found, null);
    }

    /// <returns>With the place of the last where there are older ones; fewer than asked for where somebody else wrote into some.</returns>
    public async Task<(IReadOnlyList<ConversationRow> Rows, ConversationPlace? Last)> ConversationsAsync(OwnKeys mine, OwnQuestion asked, ConversationPlace? before, int most, CancellationToken cancellation)
    {
        var (owners, keyIds) = (mine.Owners.ToList(), mine.KeyIds.ToList());
        var title = asked is { ByTitle: true, Words: { } typed } && IdPrefix.Of(typed) is null ? PaletteRecords.Pattern(typed) : null;
        var rows = new ConversationFilter(From: asked.From, To: asked.To, Words: title is null ? asked.Words : null).Apply(db)
            .Where(row => row.Owners.Length > 0 && row.Owners.All(owner => owners.Contains(owner)) && row.KeyIds.All(id => keyIds.Contains(id)));
        if (title is not null)
            rows = rows.Where(row => EF.Functions.ILike(row.Title!, title, "\\"));
        if (before is { } place)
            rows = place.Older(rows);
        var found = await SortedConversations.Ordered(rows, sort: null, ascending: false).Take(most + 1).ToListAsync(cancellation);
        var more = found.Count > most;
        if (more)
            found.RemoveAt(most);
        var end = more ? ConversationPlace.Of(found[^1]) : default(ConversationPlace?);
        // Somebody without a key may have written into one: its row does not say so.
        var ids = found.Select(row => (Guid?)row.Id).ToList();
        var others = await db.Requests.AsNoTracking().Where(row => ids.Contains(row.ConversationId) && !owners.Contains(row.Owner!)).Select(row => row.ConversationId).Distinct().ToListAsync(cancellation);
        found.RemoveAll(row => others.Contains(row.Id));
        return (found, end);
    }
}
