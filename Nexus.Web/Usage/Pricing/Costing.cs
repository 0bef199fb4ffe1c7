using System.Text.Json.Nodes;
using Nexus.Web.Storage;

namespace Nexus.Web.Usage.Pricing;

/// <summary>Puts tokens and cost on a ledger row.</summary>
internal static class Costing
{
    public const string Unpriced = "unpriced";
    public const string Aborted = "aborted";
    public const string UnpricedAndAborted = "unpriced,aborted";

    /// <summary>
    /// Fills the token columns from an answer's message, and the cost from those. Without a <c>usage</c> nothing is billed and
    /// the cost stays null: refusals, errors, token counts, other paths, answers cut before their first event.
    /// </summary>
    /// <param name="message">As assembled; null when none arrived.</param>
    /// <param name="list">The newest price list; null leaves the cost open (re-pricing fills it in).</param>
    public static void Apply(LedgerRow row, JsonObject? message, PriceList? list)
    {
        if (message?["usage"] is not JsonObject usage)
            return;
        var tokens = TokenUsage.From(usage);
        row.InputTokens = tokens.Input;
        row.OutputTokens = tokens.Output;
        row.CacheCreation5mTokens = tokens.CacheCreation5m;
        row.CacheCreation1hTokens = tokens.CacheCreation1h;
        row.CacheReadTokens = tokens.CacheRead;
        row.Iterations = Iterations.Write(Iterations.From(usage), Model(row), tokens);
        if (BrokeOff(row))
            row.EstimatedOutputTokens = Math.Max(0, StreamedOutput.Estimate(message) - tokens.Output);
        if (list is not null)
            Price(row, list);
    }


    /// <summary>The model that is billed.</summary>
    public static string? Model(LedgerRow row) => row.ModelServed ?? row.ModelRequested;

    public static TokenUsage Tokens(LedgerRow row) => new(row.InputTokens, row.OutputTokens, row.CacheCreation5mTokens, row.CacheCreation1hTokens, row.CacheReadTokens);

    /// <summary>Costs a row from its own columns alone, so by any list and long after its payload is gone.</summary>
    public static void Price(LedgerRow row, PriceList list)
    {
        var bill = Bill.Of(list, Model(row), row.StartedAt, Tokens(row), Iterations.Read(row.Iterations), row.EstimatedOutputTokens);
        row.CostMicros = bill.Micros;
        row.CacheSavingsMicros = bill.SavingsMicros;
        row.PriceVersion = list.Version;
        row.CostEstimate = (bill.Unpriced, BrokeOff(row)) switch
        {
            (true, true) => UnpricedAndAborted,
            (true, false) => Unpriced,
            (false, true) => Aborted,
            _ => null,
        };
    }

    /// <summary>Whether a stream ended before it told its final counts, which come with its stop reason.</summary>
    private static bool BrokeOff(LedgerRow row) => row.Streaming && row.Outcome != "completed" && row.StopReason is null;
}
