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
        var (json, analysis) = await AskAsync(held, input.Domain, prompt, cancellation);
        await claims.CompleteAsync(held, json, AnalysisMarkdown.Of(analysis), input, Stopwatch.GetElapsedTime(started), cancellation);
    }

    private async Task<(string Json, Analysis Analysis)> AskAsync(AnalysisRow held, string domain, AnalysisPrompt prompt, CancellationToken cancellation)
    {
        var payer = options.Value.Domain.Length > 0 ? options.Value.Domain : domain;
        IReadOnlyList<string> problems = [];
        for (var call = 0; call < Calls; call++)
        {
            var answer = await client.AskAsync(payer, prompt.Body(), cancellation);
            await CountAsync(held, answer, cancellation);
            var content = answer.Message["content"] as JsonArray ?? [];
            var found = Input(content);
            problems = [.. Cut(answer.Message), .. AnalysisSchema.Problems(found)];
            if (problems.Count == 0 && Clean(found!) is var clean && Analysis.Read(clean) is { } analysis)
                return (clean, analysis);
            prompt.Repair(content, problems);
        }

        throw new AnalysisFailedException($"{held.Model} answered twice in a form that is no analysis ({string.Join("; ", problems.Take(3))}). Ask again, with a shorter instruction if there is one, or set AI_ANALYSIS_MODEL to a larger model.");
    }

    private async Task CountAsync(AnalysisRow held, ModelAnswer answer, CancellationToken cancellation)
    {
        var usage = TokenUsage.From(answer.Message["usage"]);
        var model = MessageAssembler.Text(answer.Message, "model") ?? held.Model;
        var micros = prices.Newest is { } list ? Bill.Of(list, model, time.GetUtcNow(), usage, []).Micros : 0;
        if (!await claims.AddCallAsync(held, answer.RequestId, usage.Prompt, usage.Output, micros, cancellation))
            throw new OperationCanceledException("The analysis is another's now.");
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
        // PostgreSQL keeps no NUL in jsonb or text.
        return Encoding.UTF8.GetString(clean.WrittenSpan).Replace("\\u0000", "", StringComparison.OrdinalIgnoreCase);
    }
}
