using Microsoft.EntityFrameworkCore;
using Nexus.Web.Access.Limits;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Storage;

namespace Nexus.Web.Api;

/// <summary><c>/api/limits</c>: budgets and rates. Amounts are millionths of a US dollar, or tokens, as the limit's unit says.</summary>
internal static class LimitEndpoints
{
    private const int MostPast = 400;

    public static void MapLimits(this IEndpointRouteBuilder api)
    {
        api.MapGet("/limits", async (LimitStates states, TimeProvider time, CancellationToken cancellation) =>
            Results.Json(new { limits = (await states.ReadAsync(cancellation)).GroupBy(state => state.Limit.Id).Select(group => Shape([.. group], time.GetUtcNow())) }, ApiFeature.Json));
        api.MapGet("/limits/{id}", OneAsync);
        api.MapPost("/limits", CreateAsync);
        api.MapPut("/limits/{id}", ChangeAsync);
        api.MapPost("/limits/{id}/raise", RaiseAsync);
        api.MapDelete("/limits/{id}", async (string id, HttpContext context, LimitEditor editor, CancellationToken cancellation) =>
            await editor.DeleteAsync(id, Actor.Of(context), cancellation) is null ? NotFound(id) : Results.NoContent());
    }

    private static async Task<IResult> OneAsync(string id, NexusDbContext db, LimitStates states, TimeProvider time, CancellationToken cancellation)
    {
        if (await db.Limits.AsNoTracking().FirstOrDefaultAsync(limit => limit.Id == id, cancellation) is not { } limit)
            return NotFound(id);
        var now = (await states.ReadAsync(cancellation)).Where(state => state.Limit.Id == id).ToList();
        var past = await states.HistoryAsync(limit, MostPast, cancellation);
        return Results.Json(new { limit = Shape(now, time.GetUtcNow()), history = past.Select(period => new { subject = period.Subject, periodStart = period.Period.Start, periodEnd = period.Period.End, used = period.Used, requests = period.Requests }) }, ApiFeature.Json);
    }

    private static async Task<IResult> CreateAsync(LimitDraft draft, HttpContext context, LimitEditor editor, TimeProvider time, CancellationToken cancellation)
    {
        if (Invalid(draft.Problems()) is { } invalid)
            return invalid;
        var row = await editor.CreateAsync(draft, Actor.Of(context), cancellation);
        return Results.Json(Shape([new(row, row.Subject, null, null, 0, 0, 0, null)], time.GetUtcNow()), ApiFeature.Json, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> ChangeAsync(string id, LimitDraft draft, HttpContext context, LimitEditor editor, TimeProvider time, CancellationToken cancellation)
    {
        if (Invalid(draft.Problems()) is { } invalid)
            return invalid;
        return await editor.ChangeAsync(id, draft, Actor.Of(context), cancellation) is { } row ? Results.Json(Shape([new(row, row.Subject, null, null, 0, 0, 0, null)], time.GetUtcNow()), ApiFeature.Json) : NotFound(id);
    }

    private static async Task<IResult> RaiseAsync(string id, Raise raise, HttpContext context, LimitEditor editor, TimeProvider time, CancellationToken cancellation)
    {
        if (Invalid(raise.Problems(time.GetUtcNow())) is { } invalid)
            return invalid;
        return await editor.RaiseAsync(id, raise, Actor.Of(context), cancellation) is { } row ? Results.Json(Shape([new(row, row.Subject, null, null, 0, 0, 0, null)], time.GetUtcNow()), ApiFeature.Json) : NotFound(id);
    }

    private static object Shape(List<LimitState> states, DateTimeOffset now)
    {
        var limit = states[0].Limit;
        var draft = LimitEditor.Draft(limit);
        return new
        {
            id = limit.Id,
            draft.Name,
            draft.Scope,
            draft.Subject,
            draft.Unit,
            draft.Amount,
            draft.Period,
            draft.WeekStart,
            draft.TimeZone,
            draft.Hard,
            draft.Thresholds,
            draft.RequestsPerMinute,
            draft.TokensPerMinute,
            draft.ConcurrentStreams,
            draft.Enabled,
            limit.RaiseAmount,
            limit.RaisedUntil,
            limit.RaiseReason,
            limit.CreatedAt,
            limit.CreatedBy,
            limit.UpdatedAt,
            budget = limit.Amount is null ? default(long?) : limit.BudgetAt(now),
            state = states.Where(state => state.Used is not null).Select(state => new { subject = state.Subject, used = state.Used, reserved = state.Reserved, requests = state.Requests, streams = state.Streams, periodStart = state.Period?.Start, periodEnd = state.Period?.End, passedThreshold = state.Passed }),
        };
    }

    private static IResult? Invalid(IEnumerable<string> problems)
    {
        string[] details = [.. problems];
        return details.Length == 0 ? null : Results.Json(new { error = "Invalid parameters", details }, statusCode: 400);
    }

    private static IResult NotFound(string id) => Results.Json(new { error = $"There is no limit '{id}'" }, statusCode: 404);
}
