using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Access.Keys;
using Nexus.Web.Access.Roles;
using Nexus.Web.Conversations;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Conversations;
using Nexus.Web.Pages.Shared.SignIn;
using Nexus.Web.Storage;
using Nexus.Web.Usage.Reports;

namespace Nexus.Web.Pages;

/// <summary>What somebody used themselves: everything here is of keys whose owner is their name.</summary>
internal sealed class MineModel(NexusDbContext db, UsageReports reports, ProxyAddress proxy, TimeProvider time) : PageModel
{
    private const string DefaultRange = "30d";
    private const int Most = 20;

    public Fragment Filters { get; private set; } = null!;

    public Fragment Results { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellation)
    {
        var range = TimeRange.Read(Request.Query, ViewerZone.Of(HttpContext), time.GetUtcNow(), DefaultRange);
        Results = Fragment.Of<MineView>(("View", await ViewAsync(SignedIn.Of(HttpContext.User)!.Owner, range, cancellation)));
        if (Request.IsHtmx())
            return new ComponentResult(Results);
        Filters = Fragment.Of<MineFilters>(("Range", range.Name), ("From", range.FromText), ("To", range.ToText), ("Zone", range.Zone.Id), ("Default", DefaultRange));
        return Page();
    }

    private async Task<MinePart> ViewAsync(string? name, TimeRange range, CancellationToken cancellation)
    {
        var address = proxy.For(Request);
        if (name is null)
            return new(null, range.Problem, address);
        var now = time.GetUtcNow();
        // Owners are written by hand, in whatever letters.
        var rows = await db.ClientKeys.FromSql($"SELECT * FROM client_keys WHERE lower(owner) = lower({name})").AsNoTracking().OrderByDescending(key => key.CreatedAt).Take(KeyLine.Most).ToListAsync(cancellation);
        var owners = rows.Select(row => row.Owner).Append(name).Distinct().ToList();
        var keyIds = rows.Select(row => row.Id).ToList();
        var (total, models) = await UsageAsync(owners, range, cancellation);
        var (from, to) = (range.From.ToUniversalTime(), range.To.ToUniversalTime());
        var requests = await db.Requests.AsNoTracking().Where(row => row.StartedAt >= from && row.StartedAt < to && owners.Contains(row.Owner!))
            .OrderByDescending(row => row.StartedAt).ThenByDescending(row => row.Id).Take(Most).Select(RequestLine.FromLedger).ToListAsync(cancellation);
        var conversations = await db.Conversations.AsNoTracking().Where(row => row.Turns > 0 && row.LastAt >= from && row.LastAt < to && row.Owners.Length > 0 && row.Owners.All(owner => owners.Contains(owner)))
            .Where(row => row.KeyIds.All(id => keyIds.Contains(id))).OrderByDescending(row => row.LastHour).ThenByDescending(row => row.LastAt).Take(Most).ToListAsync(cancellation);
        // Somebody without a key may have written into one: its row does not say so.
        var ids = conversations.Select(row => (Guid?)row.Id).ToList();
        var others = await db.Requests.AsNoTracking().Where(row => ids.Contains(row.ConversationId) && !owners.Contains(row.Owner!)).Select(row => row.ConversationId).Distinct().ToListAsync(cancellation);
        conversations.RemoveAll(row => others.Contains(row.Id));
        var estimates = await ConversationEstimates.ReadAsync(db, conversations, cancellation);
        return new(name, range.Problem, address)
        {
            Total = total,
            Models = models,
            Keys = [.. rows.Select(row => KeyPart.Of(KeyLine.Of(row, now)))],
            Requests = requests,
            Conversations = [.. conversations.Select(row => ConversationLine.Of(new KnownConversation(row, [], [.. estimates[row.Id]])))],
        };
    }

    private async Task<(UsageSums Total, IReadOnlyList<MineModelLine> Models)> UsageAsync(IReadOnlyList<string> owners, TimeRange range, CancellationToken cancellation)
    {
        var (total, models) = (default(UsageSums), new Dictionary<string, UsageSums>());
        foreach (var owner in owners)
        {
            var report = await reports.ReadAsync(new(range.From, range.To, [range.From], UsageDimension.Model, [(UsageDimension.Find("owner")!, owner)]), (range.From, range.From), cancellation);
            total += report.Total;
            foreach (var line in report.Lines)
                models[line.Value ?? "others"] = models.GetValueOrDefault(line.Value ?? "others") + line.Sums;
        }

        return (total, [.. models.OrderByDescending(pair => pair.Value.CostMicros).Select(pair => new MineModelLine(pair.Key.Length > 0 ? pair.Key : UsageDimension.Model.Unknown, pair.Value))]);
    }
}
