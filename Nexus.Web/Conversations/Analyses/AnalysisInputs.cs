using Microsoft.Extensions.Options;
using Nexus.Web.Capture;
using Nexus.Web.Pages;
using Nexus.Web.Storage;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Pricing;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>What there is of a conversation to be analysed.</summary>
/// <param name="Domain">The conversation's.</param>
/// <param name="UpTo">Its last request along the branch.</param>
/// <param name="Kept">Empty texts when no message of it was kept.</param>
/// <param name="Bill">What the analysis is expected to cost; null while no price list could be read.</param>
internal sealed record AnalysisInput(string Domain, Guid? UpTo, KeptMessages Kept, long Tokens, Bill? Bill)
{
    public bool IsEmpty => Kept.Texts.Count == 0;

    /// <summary>Micro-dollars.</summary>
    public long? Micros => Bill?.Micros;
}

/// <summary>Reads conversations for their analysis.</summary>
internal sealed class AnalysisInputs(NexusDbContext db, PayloadReader payloads, TranscriptText texts, PriceBook prices, IOptions<AnalysisOptions> options, TimeProvider time)
{
    /// <summary>What is asked and what the schema takes, besides the transcript.</summary>
    public const int FrameTokens = 2_500;

    /// <summary>Answers are seldom longer.</summary>
    private const int UsualAnswerTokens = 2_500;

    /// <returns>Null when there is no such conversation, or no such branch of it.</returns>
    public async Task<AnalysisInput?> ReadAsync(Guid conversation, string branch, CancellationToken cancellation)
    {
        var reader = new ConversationReader(db);
        if (await reader.FindAsync(conversation, cancellation) is not { } known || branch == BranchNames.Side)
            return null;
        var path = ConversationPath.To(await reader.RequestsAsync(conversation, cancellation), branch);
        if (path.Count == 0)
            return null;
        var transcript = await Transcript.ReadAsync(path, payloads, cancellation);
        var kept = Truncation.Fit(texts.Of(transcript), options.Value.MaxPromptTokens, options.Value.HeadMessages, options.Value.TailMessages);
        var tokens = FrameTokens + kept.Texts.Sum(text => (long)Truncation.Tokens(text));
        return new(known.Row.Domain, transcript.Last?.Id, kept, tokens, await CostAsync(tokens, cancellation));
    }

    private async Task<Bill?> CostAsync(long tokens, CancellationToken cancellation) =>
        await prices.NewestAsync(cancellation) is { } list ? Bill.Of(list, options.Value.Model, time.GetUtcNow(), new TokenUsage(tokens, UsualAnswerTokens, 0, 0, 0), []) : null;
}
