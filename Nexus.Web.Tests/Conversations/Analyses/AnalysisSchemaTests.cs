using System.Text.Json.Nodes;
using Nexus.Web.Conversations.Analyses;
using Xunit;

namespace Nexus.Web.Tests.Conversations.Analyses;

public sealed class AnalysisSchemaTests
{
    [Fact]
    public void A_whole_analysis_fits_is_read_and_written_as_markdown()
    {
        Assert.Empty(AnalysisSchema.Problems(JsonNode.Parse(Answers.Analysis)));
        var text = AnalysisMarkdown.Of(Analysis.Read(Answers.Analysis)!);
        Assert.Equal(["## Summary", "## Key topics", "## Sentiment", "## User intent", "## Outcomes", "## Action items", "## Prompting tips", "## Interaction patterns", "## Technical details", "## Conversation quality"], text.Split('\n').Where(line => line.StartsWith('#')));
        Assert.Contains("- **Prompt improvement** (high): Name the failing test.", text, StringComparison.Ordinal);
        Assert.Contains("- Prompt clarity: 6.5 of 10", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("summary", null, "the analysis lacks 'summary'")]
    [InlineData("summary", "\"  \"", "summary is empty")]
    [InlineData("keyTopics", "[]", "keyTopics needs at least 1 items")]
    [InlineData("keyTopics", "\"a, b\"", "keyTopics must be an array, not string")]
    [InlineData("sentiment", "\"glad\"", "sentiment is 'glad', but must be one of positive, neutral, negative, mixed")]
    [InlineData("actionItems", """[{"type":"task"}]""", "actionItems[0] lacks 'description'")]
    [InlineData("actionItems", """[{"type":"task","description":"x","owner":"y"}]""", "actionItems[0] has 'owner', which is not in the schema")]
    [InlineData("interactionPatterns", """{"promptClarity":11,"contextCompleteness":5,"followUpEffectiveness":"good","commonIssues":[],"strengths":[]}""", "interactionPatterns.promptClarity is 11, but must be from 0 to 10")]
    public void What_does_not_fit_is_said_so_that_a_model_can_mend_it(string name, string? value, string problem)
    {
        var analysis = JsonNode.Parse(Answers.Analysis)!.AsObject();
        analysis.Remove(name);
        if (value is not null)
            analysis[name] = JsonNode.Parse(value);
        Assert.Equal([problem], AnalysisSchema.Problems(analysis));
    }

    [Fact]
    public void Nothing_and_what_is_stored_in_another_form_are_no_analysis()
    {
        Assert.Equal(["the analysis must be an object, not null or missing"], AnalysisSchema.Problems(null));
        Assert.Null(Analysis.Read(null));
        Assert.Null(Analysis.Read("{}"));
        Assert.Null(Analysis.Read("[1]"));
    }
}
