using Microsoft.EntityFrameworkCore;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Tables;

/// <summary>Reads and keeps <see cref="TablePreferences"/>: by name in the database, for the key in a cookie.</summary>
internal sealed class KeptPreferences(NexusDbContext db, Database database, TimeProvider time)
{
    private static readonly CookieOptions Kept = new() { Path = "/", MaxAge = TimeSpan.FromDays(365), SameSite = SameSiteMode.Lax, HttpOnly = true, IsEssential = true };

    public async Task<TablePreferences> ReadAsync(HttpContext context, CancellationToken cancellation)
    {
        var who = Arranger.Of(context);
        if (who.HasOnlyKey)
            return TablePreferences.Read(context.Request.Cookies[TablePreferences.Cookie]);
        return database.State.Condition != DatabaseCondition.Ready ? new() : TablePreferences.Read(await db.TablePreferences.AsNoTracking().Where(row => row.Person == who.Name).Select(row => row.Settings).FirstOrDefaultAsync(cancellation));
    }

    public async Task KeepAsync(HttpContext context, TablePreferences preferences, CancellationToken cancellation)
    {
        if (preferences.Write() is not { } text)
            return;
        var who = Arranger.Of(context);
        if (who.HasOnlyKey)
            context.Response.Cookies.Append(TablePreferences.Cookie, text, Kept);
        else
            await db.Database.ExecuteSqlAsync($"""
                INSERT INTO table_preferences (person, settings, updated_at) VALUES ({who.Name}, {text}::jsonb, {time.GetUtcNow()})
                ON CONFLICT (person) DO UPDATE SET settings = excluded.settings, updated_at = excluded.updated_at
                """, cancellation);
    }
}
