using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nexus.Web.Conversations;
using Nexus.Web.Conversations.Analyses;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Storage;

namespace Nexus.Web.Api;

/// <summary><c>/api/analyses</c> (spec §6.3): a failed analysis can be asked for again, and regenerating works any number of times.</summary>
internal static class AnalysisEndpoints
{
    private const string OfOne = "/analyses/{conversationId}/{branchId}";

    public static void MapAnalyses(this IEndpointRouteBuilder api)
    {
        api.MapPost("/analyses", CreateAsync);
        api.MapGet(OfOne, FindAsync);
        api.MapPost(OfOne + "/regenerate", RegenerateAsync);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, AnalysisRequests requests, AnalysisRates rates, TimeProvider time, CancellationToken cancellation)
    {
        if (rates.Create(Actor.Of(context).Name) is { } wait)
            return TooMany(context, wait, rates.CreationsPerMinute, time);
        var body = await AnalysisBody.ReadAsync(context.Request, cancellation);
        body.NeedConversation();
        if (body.Problem is { } problem)
            return problem;
        var result = await requests.AskAsync(body.Conversation, body.Branch, body.Instruction, again: false, Actor.Of(context), cancellation);
        return result.Wish switch
        {
            Wish.Accepted => Answer("Analysis request created", result.Row!, StatusCodes.Status201Created),
            Wish.Already => Answer(result.Row!.Status == AnalysisRow.Completed ? "Analysis already completed" : "Analysis already in progress", result.Row, StatusCodes.Status200OK),
            _ => Refused(result),
        };
    }

    private static async Task<IResult> RegenerateAsync(string conversationId, string branchId, HttpContext context, AnalysisRequests requests, AnalysisRates rates, TimeProvider time, CancellationToken cancellation)
    {
        if (rates.Create(Actor.Of(context).Name) is { } wait)
            return TooMany(context, wait, rates.CreationsPerMinute, time);
        var body = await AnalysisBody.ReadAsync(context.Request, cancellation);
        body.Is(conversationId, branchId);
        if (body.Problem is { } problem)
            return problem;
        var result = await requests.AskAsync(body.Conversation, body.Branch, body.Instruction, again: true, Actor.Of(context), cancellation);
        return result.Wish == Wish.Accepted ? Answer("Analysis regeneration requested", result.Row!, StatusCodes.Status200OK) : Refused(result);
    }

    private static async Task<IResult> FindAsync(string conversationId, string branchId, HttpContext context, AnalysisRequests requests, AnalysisRates rates, TimeProvider time, CancellationToken cancellation)
    {
        if (rates.Retrieve(Actor.Of(context).Name) is { } wait)
            return TooMany(context, wait, rates.RetrievalsPerMinute, time);
        var asked = new AnalysisBody();
        asked.Is(conversationId, branchId);
        if (asked.Problem is { } problem)
            return problem;
        return await requests.FindAsync(asked.Conversation, asked.Branch, cancellation) is { } row ? Results.Json(Shape(row, await requests.IsEstimatedAsync(row, cancellation)), ApiFeature.Json) : Results.Json(new { error = "Analysis not found" }, statusCode: StatusCodes.Status404NotFound);
    }

    private static object Shape(AnalysisRow row, bool estimated) => new
    {
        id = Text(row.Id),
        row.ConversationId,
        row.BranchId,
        row.Status,
        row.Content,
        data = row.Data is { } data ? JsonNode.Parse(data) : null,
        row.Error,
        row.CreatedAt,
        row.UpdatedAt,
        row.CompletedAt,
        tokenUsage = new { prompt = row.PromptTokens, completion = row.CompletionTokens, total = row.PromptTokens + row.CompletionTokens },
        row.Model,
        row.CostMicros,
        costEstimated = estimated,
        row.CustomPrompt,
        row.Attempts,
        row.RequestedBy,
        row.RequestedAt,
        requestIds = row.Calls,
    };

    private static IResult Answer(string message, AnalysisRow row, int status) => Results.Json(new { message, analysisId = Text(row.Id), status = row.Status }, statusCode: status);

    private static IResult Refused(WishResult result) => Results.Json(new { error = result.Reason }, statusCode: result switch
    {
        { Wish: Wish.Unknown } => StatusCodes.Status404NotFound,
        { Reason: AnalysisOptions.Off } => StatusCodes.Status503ServiceUnavailable,
        { Reason: AnalysisRequests.NothingKept } => StatusCodes.Status422UnprocessableEntity,
        _ => StatusCodes.Status402PaymentRequired,
    });

    private static IResult TooMany(HttpContext context, TimeSpan wait, int limit, TimeProvider time)
    {
        var seconds = (int)Math.Max(1, Math.Ceiling(wait.TotalSeconds));
        var headers = context.Response.Headers;
        headers.RetryAfter = Text(seconds);
        headers["X-RateLimit-Limit"] = Text(limit);
        headers["X-RateLimit-Remaining"] = "0";
        headers["X-RateLimit-Reset"] = time.GetUtcNow().AddSeconds(seconds).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return Results.Json(new { error = new { type = "rate_limit_error", message = $"More than {limit} requests for analyses in a minute. Try again in {seconds} s.", retry_after = seconds } }, statusCode: StatusCodes.Status429TooManyRequests);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
