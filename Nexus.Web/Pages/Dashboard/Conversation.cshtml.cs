using Htmx;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Api;
using Nexus.Web.Capture;
using Nexus.Web.Conversations;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Conversations;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>One conversation: read, seen as a tree, or followed over time. View and branch are in the URL.</summary>
internal sealed class ConversationModel(NexusDbContext db, PayloadReader payloads, AnalysisPages analyses, TimeProvider time) : PageModel
{
    private const string Analysis = "analysis";
    private const int LastTurns = 400;
    private const int EarlierTurnsAtOnce = 400;

    private static readonly IReadOnlyList<(string Name, string Title)> Views = [("transcript", "Transcript"), ("tree", "Tree"), ("timeline", "Timeline"), (Analysis, "Analysis")];

    private List<LedgerRow> _rows = [];
    private string? _problem;

    public ConversationLine Line { get; private set; } = null!;
    public string View { get; private set; } = "transcript";
    public string Branch { get; private set; } = BranchNames.Main;
    public Fragment Shown { get; private set; } = null!;
    public ConversationFigures Figures { get; private set; } = null!;

    /// <summary>Of the branch that was asked for; null where it is all there is.</summary>
    public ConversationFigures? AlongBranch { get; private set; }
    public int ToolCalls { get; private set; }
    public IReadOnlyList<BranchChip> Branches { get; private set; } = [];
    public IReadOnlyList<Tab> Tabs => [.. Views.Select(view => new Tab(view.Name, view.Title, Address(view.Name)))];

    public async Task<IActionResult> OnGetAsync(Guid id, string? view, string? branch, int? before, bool? all, bool? newest, string? find, CancellationToken cancellation)
    {
        var reader = new ConversationReader(db);
        if (await reader.FindAsync(id, cancellation) is not { } known)
            return await OfRequestAsync(id, cancellation) is { } other ? LocalRedirect($"/dashboard/conversation/{other}{Request.QueryString}") : NotFound();
        View = Views.Any(item => item.Name == view) ? view! : "transcript";
        _rows = await (View == "tree" ? reader.OutlineAsync(id, cancellation) : reader.RequestsAsync(id, cancellation));
        var shapes = BranchShape.Of(known).ToList();
        Branch = shapes.Exists(shape => shape.BranchId == branch && shape.Kind != "side") ? branch! : ConversationPath.Latest(_rows);
        Line = ConversationLine.Of(known);
        ToolCalls = known.Row.ToolCalls;
        Figures = ConversationFigures.Of(_rows);
        Branches = [.. shapes.Where(shape => shape.Requests > 0 && shape.Kind != "side").Select(shape => new BranchChip(shape.BranchId, shape.Kind, shape.Requests, Address(View, shape.BranchId)))];
        AlongBranch = Branch == branch && Branches.Count > 1 ? ConversationFigures.Of(_rows, Branch) : null;
        Shown = View switch
        {
            "tree" => Fragment.Of<TreeView>(("Tree", TreeLayout.Of(_rows, all == true, newest == true)), ("Address", Address("tree")), ("All", all == true), ("NewestFirst", newest == true)),
            Analysis => await analyses.ShowAsync(HttpContext, known.Row.Id, Branch, Address(Analysis), _problem, cancellation),
            "timeline" => Fragment.Of<TimelineView>(("Turns", await TimelineAsync(cancellation))),
            _ => await TranscriptAsync(before, find?.Trim() is { Length: > 0 and <= TranscriptFind.LongestWords } words ? words : null, cancellation),
        };
        return Request.IsHtmx() ? new ComponentResult(Shown) : Page();
    }

    public async Task<IActionResult> OnPostAnalyseAsync(Guid id, string branch, string? instruction, CancellationToken cancellation)
    {
        _problem = await analyses.AskAsync(Actor.Of(HttpContext), id, branch, instruction, cancellation);
        // A page that is loaded again must not ask again.
        return _problem is null && !Request.IsHtmx() ? LocalRedirect($"/dashboard/conversation/{id}?view={Analysis}&branch={Uri.EscapeDataString(branch)}")
            : await OnGetAsync(id, Analysis, branch, null, null, null, null, cancellation);
    }

    public async Task<IActionResult> OnGetExportAsync(Guid id, CancellationToken cancellation)
    {
        var reader = new ConversationReader(db);
        if (await reader.FindAsync(id, cancellation) is not { } known)
            return NotFound();
        await (await ConversationExport.AnswerAsync(HttpContext, reader, known, payloads, cancellation)).ExecuteAsync(HttpContext);
        return new EmptyResult();
    }

    private async Task<IReadOnlyList<TimelineTurn>> TimelineAsync(CancellationToken cancellation)
    {
        var (first, last) = (_rows.Min(row => row.StartedAt), _rows.Max(row => row.StartedAt));
        var sessions = _rows.Select(row => row.SessionId).OfType<string>().Distinct().ToList();
        var misses = await db.CacheMisses.AsNoTracking().Where(miss => miss.StartedAt >= first && miss.StartedAt <= last && sessions.Contains(miss.SessionId)).ToListAsync(cancellation);
        var breaks = misses.ToDictionary(miss => miss.Id, miss => new CacheBreak(miss.Cause, miss.ChangedPart, miss.MissedTokens, miss.WastedMicros, miss.PreviousId));
        var told = await AskedWords.ReadAsync(ConversationPath.To(_rows, Branch), payloads, cancellation);
        return TimelineTurn.Of(_rows, told.Asked, breaks, told.Called);
    }

    /// <summary>The conversation that a request is part of; null when there is none.</summary>
    private async Task<Guid?> OfRequestAsync(Guid id, CancellationToken cancellation)
    {
        var at = PayloadReader.StartOf(id);
        return await db.Requests.Where(row => row.StartedAt == at && row.Id == id && row.ConversationId != id).Select(row => row.ConversationId).FirstOrDefaultAsync(cancellation);
    }

    private async Task<Fragment> TranscriptAsync(int? before, string? words, CancellationToken cancellation)
    {
        var transcript = await Transcript.ReadAsync(ConversationPath.To(_rows, Branch), payloads, cancellation);
        if (transcript.Turns.Count == 0 && transcript.Answer.Count == 0)
            return Fragment.Of<NothingKept>(("Why", transcript.Last?.Payload ?? "none"));
        var place = new FindPlace($"/dashboard/conversation/{Line.Id}", Branch);
        if (words is not null)
            return Fragment.Of<FindView>(("Place", place), ("Words", words), ("Found", Find(transcript, words)), ("Back", Address("transcript", Branch)));
        var past = Math.Clamp(before ?? transcript.Turns.Count, 0, transcript.Turns.Count);
        var first = Math.Max(0, past - (before is null ? LastTurns : EarlierTurnsAtOnce));
        var earlier = first == 0 ? null : new EarlierTurns(first, $"{Address("transcript", Branch)}{(Address("transcript", Branch).Contains('?', StringComparison.Ordinal) ? '&' : '?')}before={first}");
        var turns = transcript.Turns.Skip(first).Take(past - first).ToList();
        return before is null
            ? Fragment.Of<ConversationView>(("Turns", turns), ("Earlier", earlier), ("Find", place), ("System", transcript.System), ("Tools", transcript.Tools), ("Answer", transcript.Answer), ("Error", transcript.Last?.ErrorMessage is { } error ? $"{transcript.Last.ErrorType} {error}".Trim() : null))
            : Fragment.Of<TurnList>(("Turns", turns), ("Earlier", earlier));
    }

    private FoundTurns Find(Transcript transcript, string words)
    {
        var (count, here) = (transcript.Turns.Count, Address("transcript", Branch));
        // What the transcript shows at once, else as part of the messages before those.
        return TranscriptFind.In([.. transcript.Turns, new(count + 1, "answer", transcript.Answer)], words, number =>
            number > count ? here + "#answer"
            : (number > count - LastTurns ? here : Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString(here, "before", Math.Min(count, number + (EarlierTurnsAtOnce / 2)).ToString(System.Globalization.CultureInfo.InvariantCulture))) + $"#m-{number}", time);
    }

    private string Address(string view, string? branch = null)
    {
        branch ??= Branch;
        return Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString($"/dashboard/conversation/{Line.Id}", new Dictionary<string, string?> { ["view"] = view == "transcript" ? null : view, ["branch"] = branch }.Where(pair => pair.Value is not null));
    }
}
