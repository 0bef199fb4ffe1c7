using System.Globalization;
using System.Text;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>An analysis as a text to read or to take away.</summary>
internal static class AnalysisMarkdown
{
    public static string Of(Analysis analysis)
    {
        var text = new StringBuilder();
        Section(text, "Summary", analysis.Summary);
        List(text, "Key topics", analysis.KeyTopics);
        Section(text, "Sentiment", Words(analysis.Sentiment));
        Section(text, "User intent", analysis.UserIntent);
        List(text, "Outcomes", analysis.Outcomes);
        List(text, "Action items", analysis.ActionItems.Select(item => $"**{Words(item.Type)}**{(item.Priority is { } priority ? $" ({priority})" : "")}: {item.Description}"));
        List(text, "Prompting tips", analysis.PromptingTips.Select(tip => $"**{Words(tip.Category)}**: {tip.Issue} {tip.Suggestion}{(string.IsNullOrWhiteSpace(tip.Example) ? "" : $" For example: {tip.Example}")}"));
        var patterns = analysis.InteractionPatterns;
        List(text, "Interaction patterns",
        [
            string.Create(CultureInfo.InvariantCulture, $"Prompt clarity: {patterns.PromptClarity:0.#} of 10"),
            string.Create(CultureInfo.InvariantCulture, $"Context completeness: {patterns.ContextCompleteness:0.#} of 10"),
            $"Follow-ups: {Words(patterns.FollowUpEffectiveness)}",
            .. patterns.CommonIssues.Select(issue => "Issue: " + issue),
            .. patterns.Strengths.Select(strength => "Strength: " + strength),
        ]);
        var details = analysis.TechnicalDetails;
        List(text, "Technical details",
        [
            .. details.Frameworks.Count == 0 ? [] : new[] { "Worked with: " + string.Join(", ", details.Frameworks) },
            .. details.Issues.Select(issue => "Issue: " + issue),
            .. details.Solutions.Select(solution => "Solution: " + solution),
            .. details.ToolUsageEfficiency is { } tools ? new[] { "Use of tools: " + Words(tools) } : [],
            .. details.ContextWindowManagement is { } context ? new[] { "Context window: " + Words(context) } : [],
        ]);
        var quality = analysis.ConversationQuality;
        List(text, "Conversation quality", [Judged("Clarity", quality.Clarity, quality.ClarityImprovement), Judged("Completeness", quality.Completeness, quality.CompletenessImprovement), Judged("Effectiveness", quality.Effectiveness, quality.EffectivenessImprovement)]);
        return text.ToString().TrimEnd() + "\n";
    }

    /// <summary>A word of the schema as people write it.</summary>
    public static string Words(string word) => word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..].Replace('_', ' ');

    private static string Judged(string what, string word, string? improvement) => $"{what}: {word}{(string.IsNullOrWhiteSpace(improvement) ? "" : ". " + improvement)}";

    private static void Section(StringBuilder text, string title, string body) => text.Append("## ").Append(title).Append("\n\n").Append(body.Trim()).Append("\n\n");

    private static void List(StringBuilder text, string title, IEnumerable<string> lines)
    {
        var all = lines.ToList();
        if (all.Count > 0)
            Section(text, title, string.Join('\n', all.Select(line => "- " + line.ReplaceLineEndings(" "))));
    }
}
