using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Pages.Shared.Tables;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Pages.Tables;

/// <summary>The views that people saved: one's own, and those that others share.</summary>
internal sealed class SavedViews(NexusDbContext db, TimeProvider time)
{
    private const int MostOfOne = 200;
    private const int LongestName = 80;
    private const int LongestQuery = 4000;

    /// <param name="page">Null: of every table.</param>
    public async Task<List<SavedViewLine>> ListAsync(string? page, Arranger who, TablePreferences preferences, CancellationToken cancellation)
    {
        var rows = await db.SavedViews.AsNoTracking().Where(row => (page == null || row.Page == page) && (row.Owner == who.Name || row.Shared)).OrderBy(row => row.Owner != who.Name).ThenBy(row => row.Name).Take(5 * MostOfOne).ToListAsync(cancellation);
        return [.. rows.Where(row => KnownTables.Find(row.Page) is not null).Select(row => Line(row, who, preferences))];
    }

    /// <exception cref="FormatException">Says what is wrong with it.</exception>
    public async Task<SavedViewLine> SaveAsync(string page, string name, string query, bool shared, Arranger who, Actor actor, CancellationToken cancellation)
    {
        if (KnownTables.Find(page) is null)
            throw new FormatException($"There is no table '{page}'.");
        if (query.Length > LongestQuery)
            throw new FormatException("The address of this view is too long to be saved.");
        var plain = await NameAsync(page, name, null, who, cancellation);
        if (await db.SavedViews.CountAsync(row => row.Owner == who.Name, cancellation) >= MostOfOne)
            throw new FormatException($"{MostOfOne} views are saved already: delete some first.");
        var row = new SavedViewRow { Id = Guid.CreateVersion7(time.GetUtcNow()), Page = page, Name = plain, Query = Cleaned(query), Owner = who.Name, Shared = shared, CreatedAt = time.GetUtcNow() };
        db.Add(row);
        await WriteAsync(actor, "view.saved", row, cancellation);
        return Line(row, who, new());
    }

    /// <returns>Null when it is not there, or not theirs.</returns>
    /// <exception cref="FormatException">Says what is wrong with the name.</exception>
    public async Task<SavedViewRow?> RenameAsync(Guid id, string name, bool shared, Arranger who, Actor actor, CancellationToken cancellation)
    {
        if (await OwnAsync(id, who, cancellation) is not { } row)
            return null;
        (row.Name, row.Shared) = (await NameAsync(row.Page, name, id, who, cancellation), shared);
        await WriteAsync(actor, "view.renamed", row, cancellation);
        return row;
    }

    /// <returns>Null when it is not there, or neither theirs nor shared with an administrator.</returns>
    public async Task<SavedViewRow?> DeleteAsync(Guid id, Arranger who, Actor actor, CancellationToken cancellation)
    {
        if (await db.SavedViews.FirstOrDefaultAsync(row => row.Id == id && (row.Owner == who.Name || (row.Shared && who.Administers)), cancellation) is not { } row)
            return null;
        db.Remove(row);
        await WriteAsync(actor, "view.deleted", row, cancellation);
        return row;
    }

    /// <summary>Without the place of a page, and written anew: it becomes an address again.</summary>
    private static string Cleaned(string query) => QueryHelpers.AddQueryString("", QueryHelpers.ParseQuery(query).Where(pair => pair.Key is not ("before" or "after" or "saved" or "handler" or "all")).SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value))));

    private Task<SavedViewRow?> OwnAsync(Guid id, Arranger who, CancellationToken cancellation) => db.SavedViews.FirstOrDefaultAsync(row => row.Id == id && row.Owner == who.Name, cancellation);

    private async Task WriteAsync(Actor actor, string action, SavedViewRow row, CancellationToken cancellation)
    {
        db.Record(actor, time.GetUtcNow(), action, $"{row.Page}: {row.Name}", new { row.Query, row.Shared, row.Owner });
        try
        {
            await db.SaveChangesAsync(cancellation);
        }
        catch (DbUpdateException error) when (error.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            // Somebody pressed twice: the other was first.
            throw Taken(row.Name);
        }
    }

    private static FormatException Taken(string name) => new($"There is a view '{name}' of this table already.");

    private async Task<string> NameAsync(string page, string name, Guid? of, Arranger who, CancellationToken cancellation)
    {
        var plain = name.Trim();
        if (plain.Length is 0 or > LongestName)
            throw new FormatException($"A view needs a name of at most {LongestName} characters.");
        return await db.SavedViews.AnyAsync(row => row.Owner == who.Name && row.Page == page && row.Name == plain && row.Id != of, cancellation)
            ? throw Taken(plain) : plain;
    }

    private static SavedViewLine Line(SavedViewRow row, Arranger who, TablePreferences preferences) =>
        new(row.Id, row.Page, row.Name, $"{KnownTables.Find(row.Page)!.Href}{row.Query}{(row.Query.Length == 0 ? "?" : "&")}saved={row.Id}", row.Owner == who.Name ? null : row.Owner, row.Shared, preferences.Views.GetValueOrDefault(row.Page) == row.Id) { MayDelete = row.Owner == who.Name || who.Administers };
}
