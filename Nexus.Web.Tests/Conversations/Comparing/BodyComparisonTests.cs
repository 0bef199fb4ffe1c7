using System.Text.Json.Nodes;
using CsCheck;
using Nexus.Web.Conversations.Comparing;
using Xunit;

namespace Nexus.Web.Tests.Conversations.Comparing;

public sealed class BodyComparisonTests
{
    private const string Tools = """[{"name":"Bash","input_schema":{"type":"object"}},{"name":"Read","cache_control":{"type":"ephemeral"}}]""";

    private static readonly Gen<List<string>> Words = Gen.Int[0, 4].Select(n => "m" + n).List[0, 12];

    [Fact]
    public void A_next_turn_keeps_what_was_there_adds_to_it_and_moves_the_mark()
    {
        var compared = Compare(
            """{"model":"a","tools":TOOLS,"system":"Be kind","messages":[{"role":"user","content":[{"type":"text","text":"Hi","cache_control":{"type":"ephemeral","ttl":"1h"}}]}]}""".Replace("TOOLS", Tools, StringComparison.Ordinal),
            """{"model":"a","max_tokens":5,"tools":TOOLS,"system":[{"type":"text","text":"Be kind"}],"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Yes?"},{"role":"user","content":[{"type":"text","text":"Go","cache_control":{"type":"ephemeral","ttl":"1h"}}]}]}""".Replace("TOOLS", Tools, StringComparison.Ordinal));
        Assert.Equal(["kept tools[0]", "kept tools[1]", "kept system[0]", "kept messages[0]", "added messages[1]", "added messages[2]"], Lines(compared));
        Assert.Equal([new("tools[1]", "5m", "5m"), new("messages[0][0]", "1h", null), new("messages[2][0]", null, "1h")], compared.Marks);
        Assert.Equal([new("max_tokens", null, "5")], compared.Settings);
        Assert.Equal("added", compared.FirstDifference!.State);
    }

    [Fact]
    public void A_tool_that_changed_is_where_the_cache_ends()
    {
        var compared = Compare(
            """{"tools":[{"name":"Bash","description":"old"},{"name":"Read"},{"name":"Gone"}],"messages":[{"role":"user","content":"Hi"}]}""",
            """{"tools":[{"name":"Bash","description":"new"},{"name":"New"},{"name":"Read"}],"messages":[{"role":"user","content":"Hi"}]}""");
        Assert.Equal(["changed tools[0]", "added tools[1]", "kept tools[2]", "dropped tools[2]", "kept messages[0]"], Lines(compared));
        Assert.Equal((0, "tools[0]"), (compared.SharedCharacters, compared.FirstDifference!.One.Name));
    }

    [Fact]
    public void A_mark_in_a_tools_result_is_found_and_a_cache_control_in_a_tools_input_is_the_models_own()
    {
        var compared = Compare(
            """{"messages":[{"role":"assistant","content":[{"type":"tool_use","name":"T","input":{"cache_control":{"x":1}}}]},{"role":"user","content":[{"type":"tool_result","content":[{"type":"text","text":"t","cache_control":{"type":"ephemeral"}}]}]}]}""",
            """{"messages":[{"role":"assistant","content":[{"type":"tool_use","name":"T","input":{}}]},{"role":"user","content":[{"type":"tool_result","content":[{"type":"text","text":"t"}]}]}]}""");
        Assert.Equal(["changed messages[0]", "kept messages[1]"], Lines(compared));
        Assert.Equal([new("messages[1][0][0]", "5m", null)], compared.Marks);
    }

    [Fact]
    public void Every_part_of_both_bodies_appears_once_and_in_its_order() =>
        Gen.Select(Words, Words).Sample((left, right) =>
        {
            var compared = BodyComparison.Of(Body(left), Body(right));
            Assert.Equal(Enumerable.Range(0, left.Count), compared.Parts.Where(part => part.Left is not null).Select(part => part.Left!.Index));
            Assert.Equal(Enumerable.Range(0, right.Count), compared.Parts.Where(part => part.Right is not null).Select(part => part.Right!.Index));
            Assert.All(compared.Parts.Where(part => part.State == "kept"), part => Assert.Equal(left[part.Left!.Index], right[part.Right!.Index]));
            // A longest common subsequence is at least the shared beginning and end.
            Assert.True(compared.Count("kept") >= left.Zip(right).TakeWhile(pair => pair.First == pair.Second).Count());
            if (left.SequenceEqual(right))
                Assert.Null(compared.FirstDifference);
        });

    private static BodyComparison Compare(string left, string right) => BodyComparison.Of(JsonNode.Parse(left)!.AsObject(), JsonNode.Parse(right)!.AsObject());

    private static JsonObject Body(IEnumerable<string> messages) => new() { ["messages"] = new JsonArray([.. messages.Select(text => (JsonNode)new JsonObject { ["role"] = "user", ["content"] = text })]) };

    private static IEnumerable<string> Lines(BodyComparison compared) => compared.Parts.Select(part => $"{part.State} {part.One.Name}");
}
