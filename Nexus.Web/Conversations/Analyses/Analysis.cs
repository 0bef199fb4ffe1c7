using System.Text.Json;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>An analysis as it is shown; <see cref="AnalysisSchema"/> says what its words may be.</summary>
public sealed record Analysis(
    string Summary, IReadOnlyList<string> KeyTopics, string Sentiment, string UserIntent, IReadOnlyList<string> Outcomes, IReadOnlyList<ActionItem> ActionItems,
    IReadOnlyList<PromptingTip> PromptingTips, InteractionPatterns InteractionPatterns, TechnicalDetails TechnicalDetails, ConversationQuality ConversationQuality)
{
    /// <summary>Null for what an earlier version stored in another form.</summary>
    public static Analysis? Read(string? json)
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize<Analysis>(json, JsonSerializerOptions.Web) is { Summary: not null, KeyTopics: not null, Outcomes: not null, ActionItems: not null, PromptingTips: not null, InteractionPatterns: not null, TechnicalDetails: not null, ConversationQuality: not null } whole ? whole : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <param name="Type"><c>task</c>, <c>prompt_improvement</c> or <c>follow_up</c>.</param>
public sealed record ActionItem(string Type, string Description, string? Priority);

public sealed record PromptingTip(string Category, string Issue, string Suggestion, string? Example);

/// <param name="PromptClarity">0 to 10.</param>
/// <param name="ContextCompleteness">0 to 10.</param>
public sealed record InteractionPatterns(double PromptClarity, double ContextCompleteness, string FollowUpEffectiveness, IReadOnlyList<string> CommonIssues, IReadOnlyList<string> Strengths);

public sealed record TechnicalDetails(IReadOnlyList<string> Frameworks, IReadOnlyList<string> Issues, IReadOnlyList<string> Solutions, string? ToolUsageEfficiency, string? ContextWindowManagement);

public sealed record ConversationQuality(string Clarity, string? ClarityImprovement, string Completeness, string? CompletenessImprovement, string Effectiveness, string? EffectivenessImprovement);
