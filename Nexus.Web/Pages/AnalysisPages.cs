using Microsoft.AspNetCore.Antiforgery;
using Microsoft.Extensions.Options;
using Nexus.Web.Conversations.Analyses;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Pages.Shared.Analyses;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>The analysis of a conversation as one of the views of its page.</summary>
internal sealed class AnalysisPages(AnalysisRequests requests, AnalysisInputs inputs, AnalysisRates rates, IAntiforgery antiforgery, IOptions<AnalysisOptions> options, TimeProvider time)
{
    /// <param name="address">Of the view, with its branch.</param>
    public async Task<Fragment> ShowAsync(HttpContext context, Guid conversation, string branch, string address, string? problem, CancellationToken cancellation)
    {
        var row = await requests.FindAsync(conversation, branch, cancellation);
        var line = row is null ? null : AnalysisLine.Of(row, await requests.IsEstimatedAsync(row, cancellation));
        // While it is on its way nothing can be asked, and the page is asked for every few seconds.
        var input = line?.IsUnderWay == true || !options.Value.Enabled ? null : await inputs.ReadAsync(conversation, branch, cancellation);
        var panel = new AnalysisPanel(
            address, antiforgery.GetAndStoreTokens(context).RequestToken!, line, Analysis.Read(row?.Data),
            !options.Value.Enabled ? AnalysisOptions.Off : input?.IsEmpty == true ? AnalysisRequests.NothingKept : null,
            input is null ? null : Cost(input), row?.UpTo is { } known && input?.UpTo is { } last && known != last, problem, row is null ? 0 : Every(time.GetUtcNow() - row.RequestedAt));
        return Fragment.Of<AnalysisView>(("Panel", panel));
    }

    /// <returns>Why nothing was asked for; null when it was.</returns>
    public async Task<string?> AskAsync(Actor actor, Guid conversation, string branch, string? instruction, CancellationToken cancellation)
    {
        if (instruction?.Length > AnalysisRequests.LongestInstruction)
            return $"The instruction is longer than {AnalysisRequests.LongestInstruction} characters.";
        if (rates.Create(actor.Name) is { } wait)
            return $"More than {rates.CreationsPerMinute} analyses were asked for in a minute (AI_ANALYSIS_RATE_LIMIT_CREATION). Try again in {Math.Ceiling(wait.TotalSeconds)} s.";
        // A form that is sent twice, or from an old page, leaves alone what is on its way.
        var again = await requests.FindAsync(conversation, branch, cancellation) is { Status: AnalysisRow.Completed };
        var result = await requests.AskAsync(conversation, branch, instruction?.Replace("\0", "", StringComparison.Ordinal), again, actor, cancellation, interrupt: false);
        return result.Wish is Wish.Accepted or Wish.Already ? null : result.Reason;
    }

    /// <summary>Seconds until the page looks again: most are done within a minute.</summary>
    private static int Every(TimeSpan waited) => waited < TimeSpan.FromMinutes(1) ? 2 : waited < TimeSpan.FromMinutes(5) ? 5 : 10;

    private AnalysisCost Cost(AnalysisInput input) => new(
        options.Value.Model, input.Tokens, input.Micros, input.Kept.Texts.Count(text => text != Truncation.Gap), input.Kept.LeftOut, options.Value.Domain.Length > 0 ? options.Value.Domain : input.Domain, input.Bill?.Unpriced == true);
}
