using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;
using Nexus.Web.Access;
using Nexus.Web.Access.BreakGlass;
using Nexus.Web.Access.Roles;
using Nexus.Web.Listening;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Pages.Mine;
using Nexus.Web.Pages.Offline;
using Nexus.Web.Pages.Shared.Palette;
using Nexus.Web.Pages.Tables;

namespace Nexus.Web.Pages.Palette;

internal static class PaletteFeature
{
    public static void AddPalette(this WebApplicationBuilder builder) =>
        builder.Services.AddScoped<ReachablePages>().AddScoped<PaletteRecords>().AddScoped<OwnRecords>().AddScoped<PaletteSearch>();

    public static void MapPalette(this WebApplication app) =>
        app.MapGet("/dashboard/palette", FindAsync).On(Listener.Dashboard).RequireAuthorization(Policies.Dashboard);

    /// <summary>The options for <c>q</c>, as a fragment.</summary>
    private static async Task<IResult> FindAsync(HttpContext context, PaletteSearch search, Grants grants, AuditTrail trail, IAntiforgery antiforgery, TimeProvider time, CancellationToken cancellation)
    {
        var asked = context.Request.Query["q"].ToString();
        var (groups, problem) = await search.FindAsync(context.User, Arranger.Of(context), asked.Length > PaletteSearch.Longest ? asked[..PaletteSearch.Longest] : asked, cancellation);
        // What conversations are called is content.
        if (SignedIn.Of(context.User) is { } who && grants.Of(who) is { } grant && groups.Exists(group => group.Title == PaletteRecords.Conversations))
            trail.Note(Actor.Of(context), "content.viewed", "palette", new { q = asked.Length > PaletteSearch.Longest ? asked[..PaletteSearch.Longest] : asked, grant.Reason, grant = grant.Id });
        // The database may have gone before the watch over it has seen that.
        if (problem is not null && !context.Response.Headers.ContainsKey(StoredViewFilter.AwayHeader))
            context.Response.Headers[StoredViewFilter.AwayHeader] = time.GetUtcNow().ToString("O");
        var fragment = Fragment.Of<PaletteResults>(("Groups", groups), ("Token", antiforgery.GetAndStoreTokens(context).RequestToken), ("Problem", problem));
        return new RazorComponentResult(fragment.Component, fragment.Parameters);
    }
}
