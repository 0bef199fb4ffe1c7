using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Nexus.Web.Capture;
using Nexus.Web.Capture.Redaction;
using Nexus.Web.Storage;
using Nexus.Web.Usage;
using Nexus.Web.Usage.Pricing;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>One attempt at an analysis: reads the conversation, asks the model, and asks once more when the answer does not fit.</summary>
internal sealed class AnalysisAttempt(AnalysisInputs inputs, AnalysisBudget budget, AnalysisClient client, AnalysisClaims claims, PriceBook prices, TranscriptText texts, Redactor redactor, IOptions<AnalysisOptions> options, TimeProvider time)
{
    private const int Calls = 2;
    private const int LongestWords = 300;
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    /// <exception cref="AnalysisFailedException">Nothing came of it.</exception>
    public async Task RunAsync(AnalysisRow held, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        if (await inputs.ReadAsync(held.ConversationId, held.BranchId, cancellation) is not { } input)
            throw new AnalysisFailedException("The conversation, or this branch of it, is not there any more: it has expired, or was placed anew.");
        if (input.IsEmpty)
            throw new AnalysisFailedException(AnalysisRequests.NothingKept);
        if (budget.Refuse(await budget.ReadAsync(held.Id, cancellation), input.Micros ?? 0) is { } spent)
            throw new AnalysisFailedException(spent);
        var prompt = new AnalysisPrompt(held.Model, options.Value.MaxOutputTokens, input.Kept, held.CustomPrompt is { } own ? texts.Clean(own) : null);
        var (json, analysis) = await AskAsync(held, input, prompt, cancellation);
        if (!await claims.KeepTryingAsync(() => claims.CompleteAsync(held, json, AnalysisMarkdown.Of(analysis), input, Stopwatch.GetElapsedTime(started), cancellation), cancellation))
            throw NoLonger();
    }

    private async Task<(string Json, Analysis Analysis)> AskAsync(AnalysisRow held, AnalysisInput input, AnalysisPrompt prompt, CancellationToken cancellation)
    {
        var payer = options.Value.Domain.Length > 0 ? options.Value.Domain : input.Domain;
        IReadOnlyList<string> problems = [];
        for (var call = 0; call < Calls; call++)
        {
            var message = await AskOnceAsync(held, input, payer, prompt.Body(), cancellation);
            var content = message["content"] as JsonArray ?? [];
            var found = Input(content);
            if (found is null && MessageAssembler.Text(message, "stop_reason") == "refusal")
                throw new AnalysisFailedException($"{held.Model} refuses to analyse this conversation{Said(content)}. Ask with another instruction, or set AI_ANALYSIS_MODEL to another model.");
            // PostgreSQL keeps no NUL in jsonb or text.
            found = found is null ? null : JsonTexts.Each(found, text => text.Replace("\0", "", StringComparison.Ordinal));
            problems = [.. Cut(message), .. AnalysisSchema.Problems(found)];
            if (problems.Count == 0)
                return Clean(found!) is var clean && Analysis.Read(clean) is { } analysis ? (clean, analysis)
                    : throw new AnalysisFailedException("What is redacted (CAPTURE_REDACT) leaves of the answer no analysis. Narrow its patterns so that they leave single words.");
            prompt.Repair(content, problems);
        }

        throw new AnalysisFailedException($"{held.Model} answered twice in a form that is no analysis ({string.Join("; ", problems.Take(3))}). Ask again, with a shorter instruction if there is one, or set AI_ANALYSIS_MODEL to a larger model.");
    }

    /// <summary>One call, which is counted whatever comes of it.</summary>
    private async Task<JsonObject> AskOnceAsync(AnalysisRow held, AnalysisInput input, string payer, byte[] body, CancellationToken cancellation)
    {
        var call = new ModelCall();
        JsonObject message;
        try
        {
            message = await client.AskAsync(payer, body, call, cancellation);
        }
        catch (Exception error) when (error is AnalysisFailedException or OperationCanceledException && call.MayCost)
        {
            using var limit = new CancellationTokenSource(LastWords);
            try
            {
                await CountAsync(held, call, input, limit.Token);
            }
            catch (Exception lost) when (DatabaseAway.IsDatabase(lost) || lost is OperationCanceledException)
            {
                // What the ledger knows of it is counted there.
            }

            throw;
        }

        if (!await claims.KeepTryingAsync(() => CountAsync(held, call, input, cancellation), cancellation))
            throw NoLonger();
        return message;
    }

    /// <returns>Whether the analysis is still the holder's.</returns>
    private Task<bool> CountAsync(AnalysisRow held, ModelCall call, AnalysisInput input, CancellationToken cancellation)
    {
        // A call that nothing came of has gone to the model all the same: it is taken for as much as was expected.
        if (call.Usage is not { } usage)
            return claims.AddCallAsync(held, call.RequestId, input.Tokens, 0, input.Micros ?? 0, cancellation);
        var micros = prices.Newest is { } list ? Bill.Of(list, MessageAssembler.Text(call.Message, "model") ?? held.Model, time.GetUtcNow(), usage, []).Micros : 0;
        return claims.AddCallAsync(held, call.RequestId, usage.Prompt, usage.Output, micros, cancellation);
    }

    private static OperationCanceledException NoLonger() => new("The analysis is another's now.");

    private string Said(JsonArray content)
    {
        var words = string.Join(' ', content.Select(block => MessageAssembler.Text(block, "text")).OfType<string>()).Trim();
        return words.Length == 0 ? "" : $": {texts.Clean(Truncation.Shorten(words, LongestWords)).Replace("\0", "", StringComparison.Ordinal)}";
    }

    /// <summary>What the model called the tool with; models now and then wrap it once more.</summary>
    private static JsonNode? Input(JsonArray content)
    {
        var input = content.OfType<JsonObject>().FirstOrDefault(AnalysisPrompt.IsCall)?["input"];
        return input is JsonObject { Count: 1 } wrapped && wrapped["analysis"] is JsonObject inner ? inner : input;
    }

    private static IEnumerable<string> Cut(JsonObject message) =>
        MessageAssembler.Text(message, "stop_reason") == "max_tokens" ? ["the answer was cut at max_tokens: be shorter"] : [];

    /// <summary>A model may repeat what it was told, or make up what looks like a secret: neither is stored.</summary>
    private string Clean(JsonNode analysis)
    {
        var clean = new ArrayBufferWriter<byte>();
        JsonRedactor.Write(redactor, JsonSerializer.SerializeToUtf8Bytes(analysis), clean);
        return Encoding.UTF8.GetString(clean.WrittenSpan);
    }
}
