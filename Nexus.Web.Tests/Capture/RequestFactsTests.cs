using System.Text;
using Nexus.Web.Capture;
using Xunit;

namespace Nexus.Web.Tests.Capture;

public sealed class RequestFactsTests
{
    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"Hi"}]}""", "main", "query_evaluation")]
    [InlineData("""{"system":[{"text":"a"},{"text":"b"}],"messages":[{"role":"user","content":"Hi \ud800"}]}""", "main", "inference")]
    [InlineData("""{"messages":[{"role":"user","content":" QUOTA "}]}""", "main", "quota")]
    [InlineData("""{"stop_sequences":["</severity>"],"messages":[]}""", "classifier", "query_evaluation")]
    [InlineData("""{"tools":[{"type":"web_search_20250305"}],"messages":[{"role":"user","content":[{"type":"text","text":"Perform a web search for the query: x"}]}]}""", "web_search", "query_evaluation")]
    [InlineData("""{"tools":[],"output_config":{"format":{"type":"json_schema","schema":{"properties":{"title":{}}}}},"messages":[]}""", "title", "query_evaluation")]
    [InlineData("""{"output_config":"odd","messages":7,"system":5,"tools":"x"}""", "main", "query_evaluation")]
    [InlineData("""{"messages":[{"role":"user","content":"CRITICAL: Respond with TEXT ONLY now"}]}""", "compaction", "query_evaluation")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"},{"type":"text","text":"<command-name>"},{"type":"text","text":"CRITICAL: Respond with TEXT ONLY"}]},{"role":"system","content":"s"}]}""", "compaction", "query_evaluation")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text","text":"Hi"},{"type":"text","text":"<system-reminder>This is a side question from"}]}]}""", "side_question", "query_evaluation")]
    [InlineData("""{"messages":[{"role":"user","content":"<system-reminder>This is a side question from"}]}""", "side_question", "query_evaluation")]
    [InlineData("not json", "other", "query_evaluation")]
    public void Lane_and_type_follow_from_the_shape(string body, string lane, string type)
    {
        var facts = RequestFacts.Of(Start(), Encoding.UTF8.GetBytes(body));
        Assert.Equal((lane, type), (facts.Lane, facts.RequestType));
    }

    [Fact]
    public void A_subagent_is_known_by_its_header_and_a_session_by_header_or_metadata()
    {
        Assert.Equal(("subagent", "s1"), Of(RequestFacts.Of(Start(new HeaderLine("X-Claude-Code-Agent-Id", "a1"), new HeaderLine("x-claude-code-session-id", "s1")), "{}"u8)));
        Assert.Equal(("main", "s2"), Of(RequestFacts.Of(Start(), """{"metadata":{"user_id":"{\"session_id\":\"s2\"}"}}"""u8)));
        static (string, string?) Of(RequestFacts facts) => (facts.Lane, facts.SessionId);
    }

    private static StartMetadata Start(params HeaderLine[] headers) =>
        new(DateTimeOffset.UnixEpoch, "d", "POST", "/v1/messages", "", headers, null, null, null, null, null, CaptureLevel.Full);
}
