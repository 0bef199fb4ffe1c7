using System.Linq.Expressions;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Shared;

/// <summary>A row of the requests table.</summary>
/// <param name="Model">The model served, else the one asked for.</param>
/// <param name="ModelRequested">As the caller asked for it: a filter matches either.</param>
public sealed record RequestLine(
    Guid Id, DateTimeOffset At, string Domain, string? Model, string? ModelRequested, string Lane, string Outcome, int? Status, string? Client,
    long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens, int? FirstByteMs, int DurationMs)
{
    private static Func<LedgerRow, RequestLine>? _of;

    /// <summary>Micro-dollars; null when nothing is billed.</summary>
    public long? CostMicros { get; init; }

    /// <summary>Why the cost is an estimate, as in the ledger; null when it is exact.</summary>
    public string? CostEstimate { get; init; }

    /// <summary>The key's owner, else the key; null for a caller with a credential of its own.</summary>
    public string? Person { get; init; }

    public string? Account { get; init; }
    public int? FirstTokenMs { get; init; }
    public int Messages { get; init; }
    public int ToolCalls { get; init; }
    public string? StopReason { get; init; }
    public long RequestBytes { get; init; }
    public long ResponseBytes { get; init; }

    internal static Expression<Func<LedgerRow, RequestLine>> FromLedger { get; } = row => new RequestLine(
        row.Id, row.StartedAt, row.Domain, row.ModelServed ?? row.ModelRequested, row.ModelRequested, row.Lane, row.Outcome, row.Status, row.Client,
        row.InputTokens, row.OutputTokens, row.CacheReadTokens, row.CacheCreation5mTokens + row.CacheCreation1hTokens, row.FirstByteMs, row.DurationMs)
    {
        CostMicros = row.CostMicros,
        CostEstimate = row.CostEstimate,
        Person = row.Owner ?? row.KeyId,
        Account = row.AccountId,
        FirstTokenMs = row.FirstTokenMs,
        Messages = row.MessageCount,
        ToolCalls = row.ToolCalls,
        StopReason = row.StopReason,
        RequestBytes = row.RequestBytes,
        ResponseBytes = row.ResponseBytes,
    };

    internal static RequestLine Of(LedgerRow row) => (_of ??= FromLedger.Compile())(row);
}
