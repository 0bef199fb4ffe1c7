using Nexus.Web.Conversations.Analyses;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Shared.Analyses;

/// <summary>All that the panel of a conversation's analysis shows.</summary>
/// <param name="Address">Of this view of this branch.</param>
/// <param name="Line">Null while none was asked for.</param>
/// <param name="Result">Of the line; null when there is none, or one of an unknown form.</param>
/// <param name="Off">Why none can be asked for; null when one can.</param>
/// <param name="Cost">What asking is expected to cost; null while it cannot be asked for.</param>
/// <param name="GoneOn">The conversation has gone on since the result was made.</param>
/// <param name="Problem">Why the last wish was refused.</param>
/// <param name="EverySeconds">How often the page looks while it is on its way.</param>
public sealed record AnalysisPanel(string Address, string Token, AnalysisLine? Line, Analysis? Result, string? Off = null, AnalysisCost? Cost = null, bool GoneOn = false, string? Problem = null, int EverySeconds = 2)
{
    /// <summary>It changes without anybody's doing; switched off, it waits for an operator.</summary>
    public bool Follows => Line?.IsUnderWay == true && Off is null;
}

/// <param name="Tokens">That are sent, estimated.</param>
/// <param name="Micros">Null while there are no prices.</param>
/// <param name="Unpriced">By the fallback's price.</param>
/// <param name="LeftOut">Messages that do not fit.</param>
/// <param name="Payer">Whose account pays.</param>
public sealed record AnalysisCost(string Model, long Tokens, long? Micros, int Messages, int LeftOut, string Payer, bool Unpriced = false);

/// <summary>A stored analysis, as far as it is shown.</summary>
/// <param name="At">When it was done, or failed.</param>
/// <param name="Calls">Ids of the model's calls in the ledger.</param>
/// <param name="Estimated">Some of the cost is an estimate.</param>
public sealed record AnalysisLine(
    string Status, string Model, string? Content, string? Error, string? CustomPrompt, int Attempts, string RequestedBy, DateTimeOffset RequestedAt, DateTimeOffset At, int? DurationMs,
    long PromptTokens, long CompletionTokens, long CostMicros, IReadOnlyList<Guid> Calls, int MessagesSent, int MessagesLeftOut, bool Estimated = false)
{
    public bool IsDone => Status == AnalysisRow.Completed;

    public bool HasFailed => Status == AnalysisRow.Failed;

    public bool IsUnderWay => !IsDone && !HasFailed;

    /// <summary>The model has it.</summary>
    public bool IsRead => Status == AnalysisRow.Processing;

    internal static AnalysisLine Of(AnalysisRow row, bool estimated) => new(
        row.Status, row.Model, row.Content, row.Error, row.CustomPrompt, row.Attempts, row.RequestedBy, row.RequestedAt, row.CompletedAt ?? row.UpdatedAt, row.DurationMs,
        row.PromptTokens, row.CompletionTokens, row.CostMicros, row.Calls, row.MessagesSent, row.MessagesLeftOut, estimated);
}
