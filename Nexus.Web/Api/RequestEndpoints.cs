using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Api;

internal static class RequestEndpoints
{
    public static void MapRequests(this IEndpointRouteBuilder api)
    {
        api.MapGet("/requests", ListAsync);
        api.MapGet("/requests/{id}", (string id, NexusDbContext db, PayloadReader payloads, CancellationToken cancellation) =>
            WithAsync(id, db, payloads, (row, payload) => Results.Json(Detail(row, payload), ApiFeature.Json), cancellation));
        // The exact bytes, with the encoding they came in, so that a client decodes them as it would the original.
        api.MapGet("/requests/{id}/body", (string id, HttpContext context, NexusDbContext db, PayloadReader payloads, CancellationToken cancellation) =>
            WithAsync(id, db, payloads, (_, payload) => Bytes(context, payload?.RequestBody, payload?.RequestHeaders), cancellation));
        api.MapGet("/requests/{id}/response", (string id, HttpContext context, NexusDbContext db, PayloadReader payloads, CancellationToken cancellation) =>
            WithAsync(id, db, payloads, (_, payload) => Bytes(context, payload?.ResponseBody, payload?.ResponseHeaders), cancellation));
    }

    private static async Task<IResult> ListAsync(HttpContext context, NexusDbContext db, CancellationToken cancellation)
    {
        var parameters = new Parameters(context.Request.Query);
        var (limit, offset) = (parameters.Number("limit", 100, 0, 10_000), parameters.Number("offset", 0, 0, int.MaxValue));
        var domain = parameters.Text("domain");
        if (parameters.Problem is { } problem)
            return problem;
        var rows = await db.Requests.AsNoTracking().Where(row => domain == null || row.Domain == domain)
            .OrderByDescending(row => row.StartedAt).ThenByDescending(row => row.Id).Skip(offset).Take(limit + 1).ToListAsync(cancellation);
        var total = await TotalAsync(db, domain, cancellation);
        return Results.Json(new { requests = rows.Take(limit).Select(RequestSummary.Of), pagination = new { total, limit, offset, hasMore = rows.Count > limit } }, ApiFeature.Json);
    }

    /// <summary>How many the ledger has. The rollups count every row of it, at the same cost whatever its size, but are kept longer: they are asked from its oldest day on.</summary>
    private static async Task<long> TotalAsync(NexusDbContext db, string? domain, CancellationToken cancellation)
    {
        if (await db.Requests.OrderBy(row => row.StartedAt).Select(row => (DateTimeOffset?)row.StartedAt).FirstOrDefaultAsync(cancellation) is not { } oldest)
            return 0;
        var day = TimeBuckets.StartOf(oldest, TimeSpan.FromDays(1));
        return await db.Usage1d.Where(row => row.Bucket >= day && (domain == null || row.Domain == domain)).SumAsync(row => row.Requests, cancellation);
    }

    private static async Task<IResult> WithAsync(string id, NexusDbContext db, PayloadReader payloads, Func<LedgerRow, StoredPayload?, IResult> answer, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var requestId))
            return Results.Json(new { error = "Invalid parameters", details = new[] { $"id: '{id}' is not a UUID" } }, statusCode: 400);
        var startedAt = PayloadReader.StartOf(requestId);
        if (await db.Requests.AsNoTracking().FirstOrDefaultAsync(row => row.StartedAt == startedAt && row.Id == requestId, cancellation) is not { } found)
            return Results.Json(new { error = "Request not found" }, statusCode: 404);
        return answer(found, await payloads.ReadAsync(requestId, cancellation));
    }

    private static RequestDetail Detail(LedgerRow row, StoredPayload? payload)
    {
        var request = ContentDecoding.Decode(payload?.RequestBody ?? [], ContentDecoding.EncodingOf(payload?.RequestHeaders ?? [])) ?? default;
        var response = payload?.Message ?? ContentDecoding.Decode(payload?.ResponseBody ?? [], ContentDecoding.EncodingOf(payload?.ResponseHeaders ?? [])) ?? default;
        var answer = Json(response);
        return new(RequestSummary.Of(row), row.ConversationId, row.BranchId, row.ParentId, Json(request), answer, (answer as JsonObject)?["usage"]?.DeepClone(), Chunks(row, payload));
    }

    private static List<StreamingChunk> Chunks(LedgerRow row, StoredPayload? payload)
    {
        var chunks = new List<StreamingChunk>();
        if (payload is not { ResponseBody: { } body, Arrivals: { Count: > 0 } arrivals } || ContentDecoding.EncodingOf(payload.ResponseHeaders) is not null)
            return chunks;
        for (var i = 0; i < arrivals.Count; i++)
        {
            var from = (int)Math.Min(arrivals[i].Offset, body.Length);
            var to = i + 1 < arrivals.Count ? (int)Math.Min(arrivals[i + 1].Offset, body.Length) : body.Length;
            chunks.Add(new(i, row.StartedAt.AddMicroseconds(arrivals[i].Micros), Encoding.UTF8.GetString(body.AsSpan(from, to - from)), 0));
        }

        return chunks;
    }

    private static JsonNode? Json(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
            return null;
        return MessageAssembler.ParseForDisplay(bytes.Span) ?? JsonValue.Create(Encoding.UTF8.GetString(bytes.Span));
    }

    private static IResult Bytes(HttpContext context, byte[]? bytes, IReadOnlyList<HeaderLine>? headers)
    {
        if (bytes is null)
            return Results.Json(new { error = "Nothing was kept of this request's payload" }, statusCode: 404);
        if (ContentDecoding.EncodingOf(headers ?? []) is { } encoding)
            context.Response.Headers.ContentEncoding = encoding;
        var type = headers?.Find("content-type");
        // A stored page must never run as one of ours.
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return Results.Bytes(bytes, type is not null && (type.StartsWith("application/json", StringComparison.Ordinal) || type.StartsWith("text/event-stream", StringComparison.Ordinal)) ? type : "application/octet-stream");
    }
}
