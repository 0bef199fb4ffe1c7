using System.Text.Json.Nodes;
using Nexus.Bench.Demo;
using Xunit;

namespace Nexus.Web.Tests.Bench;

public sealed class StoryTests
{
    public static TheoryData<string> Titles => [.. Story.All.Select(story => story.Title)];

    [Theory]
    [MemberData(nameof(Titles))]
    public void Every_call_of_a_story_has_an_input_and_a_result(string title)
    {
        var story = Story.All.Single(story => story.Title == title);

        Check(story.Sections);

        static void Check(IReadOnlyList<Section> sections)
        {
            var open = 0;
            foreach (var turn in Turn.Of(sections))
            {
                Assert.Equal(open, turn.Asked.Count(asked => asked.Kind is "result" or "report"));
                open = turn.Answer.Count(answer => answer.Kind == "calls");
                foreach (var call in turn.Answer.Where(answer => answer.Kind == "calls"))
                {
                    Assert.IsType<JsonObject>(JsonNode.Parse(call.Text));
                    if (call.Inner.Count > 0)
                        Check([new Section("user", "", "prompt", []), .. call.Inner]);
                }
            }

            Assert.Equal(0, open);
        }
    }
}
