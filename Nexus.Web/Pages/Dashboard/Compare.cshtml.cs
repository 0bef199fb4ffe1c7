using System.Text.Json.Nodes;
using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture;
using Nexus.Web.Conversations.Comparing;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Comparing;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>Two requests side by side: which parts were kept, added, dropped or changed, and where cache marks moved.</summary>
internal sealed class CompareModel(NexusDbContext db, PayloadReader payloads) : PageModel
{
    /// <summary>Differ between any two requests, and say nothing.</summary>
    private static readonly HashSet<string> Unremarkable = new(StringComparer.OrdinalIgnoreCase) { "content-length", "date", "x-stainless-retry-count", "host", "connection" };

    public LedgerRow? Left { get; private set; }
    public LedgerRow? Right { get; private set; }
    public Fragment Shown { get; private set; } = null!;

    public async Task<IActionResult> OnGetAsync(Guid left, Guid right, CancellationToken cancellation)
    {
        (Left, Right) = (await FindAsync(left, cancellation), await FindAsync(right, cancellation));
        if (Left is null || Right is null)
            return NotFound();
        var (before, after) = (await payloads.ReadAsync(left, cancellation), await payloads.ReadAsync(right, cancellation));
        Shown = BodyOf(before) is { } one && BodyOf(after) is { } other
            ? Fragment.Of<ComparisonView>(("Left", CompareLine.Of(Left)), ("Right", CompareLine.Of(Right)), ("Compared", BodyComparison.Of(one, other)), ("Headers", Headers(before!, after!)))
            : Fragment.Of<NothingKept>(("Why", BodyOf(before) is null ? Left.Payload : Right.Payload));
        return Request.IsHtmx() ? new ComponentResult(Shown) : Page();
    }

    private async Task<LedgerRow?> FindAsync(Guid id, CancellationToken cancellation)
    {
        var at = PayloadReader.StartOf(id);
        return await db.Requests.AsNoTracking().FirstOrDefaultAsync(row => row.StartedAt == at && row.Id == id, cancellation);
    }

    private static JsonObject? BodyOf(StoredPayload? payload) =>
        payload is null ? null : MessageAssembler.ParseForDisplay(new StoredConversation(payload).RequestBody.Span) as JsonObject;

    private static List<ComparedSetting> Headers(StoredPayload before, StoredPayload after)
    {
        var (sent, sends) = (ByName(before.RequestHeaders), ByName(after.RequestHeaders));
        return [.. sent.Keys.Union(sends.Keys).Where(name => !Unremarkable.Contains(name)).Order(StringComparer.Ordinal)
            .Select(name => new ComparedSetting(name, sent.GetValueOrDefault(name), sends.GetValueOrDefault(name))).Where(header => header.Left != header.Right)];
    }

    private static Dictionary<string, string> ByName(IReadOnlyList<HeaderLine> lines) =>
        lines.GroupBy(line => line.Name.ToLowerInvariant()).ToDictionary(group => group.Key, group => string.Join(", ", group.Select(line => line.Value)));
}
