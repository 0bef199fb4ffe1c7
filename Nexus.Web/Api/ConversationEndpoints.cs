using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture;
using Nexus.Web.Conversations;
using Nexus.Web.Storage;

namespace Nexus.Web.Api;

/// <summary><c>/api/conversations</c> (spec §6.2, with keyset paging added).</summary>
internal static class ConversationEndpoints
{
    public static void MapConversations(this IEndpointRouteBuilder api)
    {
        api.MapGet("/conversations", ListAsync);
        api.MapGet("/conversations/{id}", (string id, NexusDbContext db, CancellationToken cancellation) => WithAsync(id, db, (_, known) =>
            Task.FromResult(Results.Json(new { conversation = ConversationShape.Of(known), branches = BranchShape.Of(known) }, ApiFeature.Json)), cancellation));
        api.MapGet("/conversations/{id}/tree", (string id, NexusDbContext db, CancellationToken cancellation) => WithAsync(id, db, async (reader, known) =>
            Results.Json(new { conversationId = known.Row.Id, branches = BranchShape.Of(known), nodes = TreeNodeShape.Of(await reader.OutlineAsync(known.Row.Id, cancellation)) }, ApiFeature.Json), cancellation));
        api.MapGet("/conversations/{id}/export", (string id, HttpContext context, NexusDbContext db, PayloadReader payloads, CancellationToken cancellation) =>
            WithAsync(id, db, (reader, known) => ConversationExport.AnswerAsync(context, reader, known, payloads, cancellation), cancellation));
    }

    private static async Task<IResult> ListAsync(HttpContext context, NexusDbContext db, CancellationToken cancellation)
    {
        var parameters = new Parameters(context.Request.Query);
        var (limit, offset) = (parameters.Number("limit", 50, 1, 1000), parameters.Number("offset", 0, 0, 100_000));
        var filter = new ConversationFilter(
            parameters.Text("domain"), parameters.Text("accountId"), parameters.Text("person"), parameters.Text("model"),
            parameters.Text("dateFrom") is null ? null : parameters.Time("dateFrom", default), parameters.Text("dateTo") is null ? null : parameters.Time("dateTo", default),
            parameters.Text("search"), parameters.Text("only") is null ? null : parameters.Choice("only", "errors", [.. ConversationFilter.Kinds]));
        var before = Before(parameters);
        if (parameters.Problem is { } problem)
            return problem;
        var page = await new ConversationReader(db).PageAsync(filter, limit, offset, before, singles: true, cancellation);
        return Results.Json(
            new
            {
                conversations = page.Conversations.Select(ConversationShape.Of),
                pagination = new
                {
                    total = page.Total,
                    limit,
                    offset,
                    hasMore = page.HasMore,
                    page = (offset / limit) + 1,
                    totalPages = (page.Total + limit - 1) / limit,
                    next = page.HasMore ? $"{page.Conversations[^1].Row.LastAt.UtcDateTime:O}_{page.Conversations[^1].Row.Id}" : null,
                },
            },
            ApiFeature.Json);
    }

    /// <summary>The <c>next</c> of the page before: latest activity and id of its last conversation.</summary>
    private static ConversationPlace? Before(Parameters parameters)
    {
        if (parameters.Text("before") is not { } text)
            return null;
        var cut = text.LastIndexOf('_');
        if (cut > 0 && DateTimeOffset.TryParse(text[..cut], System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal | System.Globalization.DateTimeStyles.AdjustToUniversal, out var at) && Guid.TryParse(text[(cut + 1)..], out var id))
            return new(at, id);
        parameters.Wrong($"before: '{text}' is not what pagination.next gave");
        return null;
    }

    private static async Task<IResult> WithAsync(string id, NexusDbContext db, Func<ConversationReader, KnownConversation, Task<IResult>> answer, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var conversation))
            return Results.Json(new { error = "Invalid parameters", details = new[] { $"id: '{id}' is not a UUID" } }, statusCode: 400);
        var reader = new ConversationReader(db);
        return await reader.FindAsync(conversation, cancellation) is { } known ? await answer(reader, known) : Results.Json(new { error = "Conversation not found" }, statusCode: 404);
    }
}
