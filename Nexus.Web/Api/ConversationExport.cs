using System.Text;
using System.Text.Json;
using Nexus.Web.Capture;
using Nexus.Web.Conversations;
using Nexus.Web.Pages;
using Nexus.Web.Pages.Shared;

namespace Nexus.Web.Api;

/// <summary>One conversation to take away: <c>json</c> with every branch, or one branch as <c>markdown</c>.</summary>
internal static class ConversationExport
{
    public static async Task<IResult> AnswerAsync(HttpContext context, ConversationReader reader, KnownConversation known, PayloadReader payloads, CancellationToken cancellation)
    {
        var parameters = new Parameters(context.Request.Query);
        var format = parameters.Choice("format", "json", "json", "markdown");
        var branch = parameters.Text("branch");
        if (parameters.Problem is { } problem)
            return problem;
        var rows = await reader.RequestsAsync(known.Row.Id, cancellation);
        var name = $"conversation-{known.Row.Id}";
        if (format == "markdown")
        {
            var transcript = await Transcript.ReadAsync(ConversationPath.To(rows, branch), payloads, cancellation);
            return Results.File(Encoding.UTF8.GetBytes(Markdown(known, transcript)), "text/markdown; charset=utf-8", name + ".md");
        }

        var branches = new List<object>();
        foreach (var shape in BranchShape.Of(known).Where(shape => shape.Kind != "side" && (branch is null || shape.BranchId == branch)))
        {
            var transcript = await Transcript.ReadAsync(ConversationPath.To(rows, shape.BranchId), payloads, cancellation);
            branches.Add(new { shape.BranchId, shape.Kind, messages = transcript.Turns.Select(turn => new { turn.Role, content = turn.Blocks.Select(Block) }), answer = transcript.Answer.Select(Block) });
        }

        var whole = new { conversation = ConversationShape.Of(known), branches, nodes = TreeNodeShape.Of(rows) };
        return Results.File(JsonSerializer.SerializeToUtf8Bytes(whole, ApiFeature.Json), "application/json", name + ".json");
    }

    private static object Block(ContentBlock block) => new { type = block.Kind, block.Label, block.Text, parts = block.Parts?.Select(Block) };

    private static string Markdown(KnownConversation known, Transcript transcript)
    {
        var text = new StringBuilder();
        text.AppendLine($"# {known.Row.Title ?? "Conversation"}").AppendLine();
        text.AppendLine($"{known.Row.Domain}, {known.Row.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm} to {known.Row.LastAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC, {string.Join(", ", known.Row.Models)}, {known.Row.Requests} requests").AppendLine();
        foreach (var turn in transcript.Turns.Append(new Turn(transcript.Turns.Count + 1, "assistant", transcript.Answer)).Where(turn => turn.Blocks.Count > 0))
        {
            text.AppendLine($"## {turn.Number}. {(turn.IsResults ? "Tool results" : turn.Role)}").AppendLine();
            foreach (var block in turn.Blocks)
                Write(text, block);
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, ContentBlock block)
    {
        if (block.Kind == "text")
        {
            text.AppendLine(block.Text).AppendLine();
            return;
        }

        if (block.Label is { } label)
            text.AppendLine($"**{label}** {block.Preview}").AppendLine();
        if (block.Text.Length > 0 && block.Kind != "image")
        {
            // A longer fence than any in the text.
            var fence = new string('`', Math.Max(3, Longest(block.Text) + 1));
            text.AppendLine(fence).AppendLine(block.Text).AppendLine(fence).AppendLine();
        }

        foreach (var part in block.Parts ?? [])
            Write(text, part);
    }

    private static int Longest(string text)
    {
        var (longest, run) = (0, 0);
        foreach (var letter in text)
            longest = Math.Max(longest, run = letter == '`' ? run + 1 : 0);
        return longest;
    }
}
