using System.Text.Json.Nodes;
using Nexus.Web.Storage;

namespace Nexus.Web.Api;

/// <summary>A request as /api/requests lists it (spec §6.1).</summary>
internal record RequestSummary(
    Guid RequestId, string Domain, string? Model, DateTimeOffset Timestamp, long InputTokens, long OutputTokens, long TotalTokens,
    int DurationMs, short? ResponseStatus, string? Error, string? RequestType, string Outcome, string Lane, string? SessionId,
    long CacheCreationInputTokens, long CacheReadInputTokens)
{
    public static RequestSummary Of(LedgerRow row) => new(
        row.Id, row.Domain, row.ModelServed ?? row.ModelRequested, row.StartedAt, row.InputTokens, row.OutputTokens, row.InputTokens + row.OutputTokens,
        row.DurationMs, row.Status, row.ErrorMessage, row.RequestType, row.Outcome, row.Lane, row.SessionId,
        row.CacheCreation5mTokens + row.CacheCreation1hTokens, row.CacheReadTokens);
}

internal sealed record StreamingChunk(int ChunkIndex, DateTimeOffset Timestamp, string Data, int TokenCount);

/// <summary>One request with what was kept of it.</summary>
/// <param name="RequestBody">The body as JSON; as text when it is none.</param>
internal sealed record RequestDetail(RequestSummary Request, Guid? ConversationId, string? BranchId, Guid? ParentRequestId, JsonNode? RequestBody, JsonNode? ResponseBody, JsonNode? UsageData, IReadOnlyList<StreamingChunk> StreamingChunks);
