using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Shared;

/// <summary>What the ledger knows of one request.</summary>
public sealed record RequestFigures(
    Guid Id, DateTimeOffset At, string Domain, string Lane, string? ModelRequested, TokenFigures Tokens, int? FirstByteMs, int? FirstTokenMs, int DurationMs,
    int Messages, int ToolCalls, string? StopReason, string? Client, string? Session, string? Account, string? Key, string? UpstreamId, long RequestBytes, long ResponseBytes)
{
    internal static RequestFigures Of(LedgerRow row) => new(
        row.Id, row.StartedAt, row.Domain, row.Lane, row.ModelRequested,
        new(row.InputTokens, row.OutputTokens, row.CacheReadTokens, row.CacheCreation5mTokens, row.CacheCreation1hTokens),
        row.FirstByteMs, row.FirstTokenMs, row.DurationMs, row.MessageCount, row.ToolCalls, row.StopReason, row.Client, row.SessionId, row.AccountId, row.KeyId, row.UpstreamRequestId, row.RequestBytes, row.ResponseBytes);
}
