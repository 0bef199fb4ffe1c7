using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Access.Roles;
using Nexus.Web.Capture;
using Nexus.Web.Pages.Prices;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Pages.Shared.Prices;
using Nexus.Web.Pages.Shared.SignIn;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;
using Nexus.Web.Usage.Pricing;

namespace Nexus.Web.Pages;

/// <summary>One request: what was asked, what came back, and how. The view is in the URL.</summary>
internal sealed class RequestModel(NexusDbContext db, PriceBook prices, PayloadReader payloads, TimeProvider time) : PageModel
{
    /// <summary>Messages shown at first: agents resend hundreds with every turn.</summary>
    private const int LastTurns = 20;

    private const int EarlierTurnsAtOnce = 50;
    private const int EventsAtOnce = 500;

    private static readonly IReadOnlyList<(string Name, string Title)> Views = [("conversation", "Conversation"), ("raw", "Raw JSON"), ("headers", "Headers"), ("events", "Stream events")];

    public LedgerRow? Row { get; private set; }
    public RequestFilter Filter { get; private set; } = new();

    /// <summary>The filter and the arrangement of the list that it was opened from, as a query string.</summary>
    public string ListQuery => Filter.Query(TableState.Read(KnownTables.Requests, Request.Query).Pairs);

    public Fragment? Shown { get; private set; }

    /// <summary>How the cost comes about.</summary>
    public CostFigures Cost => CostExplanation.Of(Row!, prices);

    /// <summary>Of a request that failed or took more than one.</summary>
    public IReadOnlyList<AttemptPart> Attempts { get; private set; } = [];

    public Guid? Newer { get; private set; }
    public Guid? Older { get; private set; }
    public string View { get; private set; } = "conversation";
    public IReadOnlyList<Tab> Tabs => [.. Views.Select(view => new Tab(view.Name, view.Title, Address(view.Name)))];

    public async Task<IActionResult> OnGetAsync(Guid id, string? view, int? before, int? after, CancellationToken cancellation)
    {
        Filter = RequestFilter.Read(Request.Query, ViewerZone.Of(HttpContext), time.GetUtcNow());
        if (!await FindAsync(id, cancellation))
            return NotFound();
        if (Views.Any(known => known.Name == view))
            View = view!;
        // Without a right to its content the facts of a request are shown alone.
        var open = ContentAccess.Of(HttpContext).Open;
        if (!open)
            Shown = Fragment.Of<ContentClosed>();
        else if (await payloads.ReadAsync(id, cancellation) is { } payload)
            Shown = Show(payload, before, after);
        if (Request.IsHtmx())
            return new ComponentResult(Shown ?? Fragment.Of<NothingKept>(("Why", Row!.Payload)));
        if (SignedIn.Of(User)?.Role >= Role.Viewer)
            await NeighboursAsync(cancellation);
        Attempts = [.. (await db.Attempts.AsNoTracking().Where(attempt => attempt.StartedAt == Row!.StartedAt && attempt.Id == id).OrderBy(attempt => attempt.Ordinal).ToListAsync(cancellation)).Select(AttemptPart.Of)];
        return Page();
    }

    /// <summary>The request as a command that sends it again.</summary>
    public async Task<IActionResult> OnGetCurlAsync(Guid id, CancellationToken cancellation)
    {
        if (!ContentAccess.Of(HttpContext).Open)
            return new DeniedResult(new(DeniedFor.Role, SignedIn.Of(User)!, Role.Analyst));
        if (!await FindAsync(id, cancellation) || await payloads.ReadAsync(id, cancellation) is not { } payload)
            return NotFound();
        return Content(CurlCommand.Of(Row!.Method, Row.Path, payload.RequestHeaders, payload.RequestBody), "text/plain; charset=utf-8");
    }

    /// <summary>This page at another view, under the same filter.</summary>
    public string Address(string view, params (string Name, string? Value)[] more) =>
        $"/dashboard/request/{Row!.Id}" + Filter.Query([.. TableState.Read(KnownTables.Requests, Request.Query).Pairs, ("view", view == "conversation" ? null : view), .. more]);

    private async Task<bool> FindAsync(Guid id, CancellationToken cancellation)
    {
        var at = PayloadReader.StartOf(id);
        Row = await db.Requests.AsNoTracking().FirstOrDefaultAsync(row => row.StartedAt == at && row.Id == id, cancellation);
        return Row is not null;
    }

    private Fragment Show(StoredPayload payload, int? before, int? after) => View switch
    {
        "raw" => Raw(new StoredConversation(payload)),
        "headers" => Fragment.Of<HeadersView>(("Sent", Pairs(payload.RequestHeaders)), ("Received", Pairs(payload.ResponseHeaders))),
        "events" => Events(payload, Math.Max(0, after ?? 0)),
        _ => Conversation(new StoredConversation(payload), before),
    };

    private Fragment Conversation(StoredConversation conversation, int? before)
    {
        var past = Math.Clamp(before ?? conversation.Count, 0, conversation.Count);
        var first = Math.Max(0, past - (before is null ? LastTurns : EarlierTurnsAtOnce));
        var earlier = first == 0 ? null : new EarlierTurns(first, Address("conversation", ("before", first.ToString(System.Globalization.CultureInfo.InvariantCulture))));
        var turns = conversation.Turns(first, past);
        return before is null
            ? Fragment.Of<ConversationView>(("Turns", turns), ("Earlier", earlier), ("System", conversation.System), ("Tools", conversation.Tools), ("Answer", conversation.Answer()), ("Error", Row!.ErrorMessage is { } error ? $"{Row.ErrorType} {error}".Trim() : null))
            : Fragment.Of<TurnList>(("Turns", turns), ("Earlier", earlier));
    }

    private Fragment Raw(StoredConversation conversation) =>
        Fragment.Of<RawView>(("Id", Row!.Id), ("Sent", PrettyJson.Of(conversation.RequestBody)), ("Received", PrettyJson.Of(conversation.ResponseBody)));

    private Fragment Events(StoredPayload payload, int after)
    {
        var encoding = ContentDecoding.EncodingOf(payload.ResponseHeaders);
        var body = Row!.Streaming && payload.ResponseBody is { } kept ? ContentDecoding.Decode(kept, encoding) ?? default : default;
        // Arrivals count encoded bytes: of a compressed stream it is not known which event came with which read.
        var (events, count) = StreamEvent.Of(body.Span, encoding is null ? payload.Arrivals : [], after, EventsAtOnce);
        var next = after + events.Count;
        return Fragment.Of<EventsView>(("Events", events), ("Count", count), ("Encoding", encoding), ("Next", next < count ? Address("events", ("after", next.ToString(System.Globalization.CultureInfo.InvariantCulture))) : null));
    }

    private async Task NeighboursAsync(CancellationToken cancellation)
    {
        var (at, id) = (Row!.StartedAt, Row.Id);
        var rows = Filter.Apply(db.Requests.AsNoTracking());
        // The first condition is where the index is entered: with the alternative alone it would be read from its other end.
        Newer = await rows.Where(row => row.StartedAt >= at && (row.StartedAt > at || row.Id.CompareTo(id) > 0)).OrderBy(row => row.StartedAt).ThenBy(row => row.Id).Select(row => (Guid?)row.Id).FirstOrDefaultAsync(cancellation);
        Older = await rows.Where(row => row.StartedAt <= at && (row.StartedAt < at || row.Id.CompareTo(id) < 0)).OrderByDescending(row => row.StartedAt).ThenByDescending(row => row.Id).Select(row => (Guid?)row.Id).FirstOrDefaultAsync(cancellation);
    }

    private static List<KeyValuePair<string, string>> Pairs(IEnumerable<HeaderLine> headers) => [.. headers.Select(header => KeyValuePair.Create(header.Name, header.Value))];
}
