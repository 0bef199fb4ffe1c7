using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>One request: what was asked, what came back, and how.</summary>
internal sealed class RequestModel(NexusDbContext db, PayloadReader payloads) : PageModel
{
    public sealed record Turn(string Role, IReadOnlyList<ContentBlock> Blocks);

    public LedgerRow? Row { get; private set; }
    public IReadOnlyList<Turn> Turns { get; private set; } = [];
    public IReadOnlyList<ContentBlock> Answer { get; private set; } = [];
    public IEnumerable<string> RequestHeaders { get; private set; } = [];
    public IEnumerable<string> ResponseHeaders { get; private set; } = [];

    public async Task<IActionResult> OnGetAsync(Guid id, CancellationToken cancellation)
    {
        var at = PayloadReader.StartOf(id);
        Row = await db.Requests.AsNoTracking().FirstOrDefaultAsync(row => row.StartedAt == at && row.Id == id, cancellation);
        if (Row is null)
            return NotFound();
        if (await payloads.ReadAsync(id, cancellation) is not { } payload)
            return Page();
        RequestHeaders = payload.RequestHeaders.Select(header => $"{header.Name}: {header.Value}");
        ResponseHeaders = payload.ResponseHeaders.Select(header => $"{header.Name}: {header.Value}");
        var request = Parse(payload.RequestBody, payload.RequestHeaders);
        Turns = [.. System(request), .. (request?["messages"] as JsonArray ?? []).Select(message => new Turn(MessageAssembler.Text(message, "role") ?? "unknown", ContentBlock.Of((message as JsonObject)?["content"])))];
        var answer = payload.Message is { } assembled ? MessageAssembler.ParseForDisplay(assembled) as JsonObject : Parse(payload.ResponseBody, payload.ResponseHeaders);
        Answer = answer?["content"] is { } content ? ContentBlock.Of(content) : answer is null ? [] : [new ContentBlock("error", null, answer.ToJsonString())];
        return Page();
    }

    private static IEnumerable<Turn> System(JsonObject? request) => request?["system"] is { } system ? [new Turn("system", ContentBlock.Of(system))] : [];

    private static JsonObject? Parse(byte[]? body, IReadOnlyList<HeaderLine> headers) =>
        body is not null && ContentDecoding.Decode(body, ContentDecoding.EncodingOf(headers)) is { } decoded ? MessageAssembler.ParseForDisplay(decoded.Span) as JsonObject : null;
}
