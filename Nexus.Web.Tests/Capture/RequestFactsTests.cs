using System.Text;
using CsCheck;
using Nexus.Web.Capture;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Capture;

public sealed class RequestFactsTests
{
    private static readonly Gen<string> Text = Generators.OneOf("\"\"", "\"Hi\"", "\" Quota\\n\"", "\"\\ud800 \\u0000\"", "\"<system-reminder>This is a side question\"", "\"CRITICAL: Respond with TEXT ONLY\"", "\"Perform a web search for the query: x\"", "\"Extract any file paths that this command reads or modifies\"", "7", "null", "[]");
    private static readonly Gen<string> Block = Gen.Select(Generators.OneOf("text", "thinking"), Text, (name, text) => $$"""{"type":"text", "{{name}}" : {{text}},"deep":[{"a":"]}"}]}""");
    private static readonly Gen<string> Blocks = Gen.OneOf(Block, Text).Array[0, 3].Select(blocks => $"[{string.Join(" ,", blocks)} ]");
    private static readonly Gen<string> Content = Gen.OneOf(Text, Blocks);
    private static readonly Gen<string> Message = Gen.Select(Generators.OneOf("user", "assistant", "system"), Content, Gen.Bool, (role, content, first) => first ? $$"""{"role":"{{role}}","content":{{content}}}""" : $$"""{"content": {{content}},"role":"{{role}}"}""");
    private static readonly Gen<string> Messages = Gen.OneOf(Message, Text).Array[0, 4].Select(messages => $"[{string.Join(",", messages)}]");
    private static readonly Gen<string> Tools = Gen.OneOf(Generators.OneOf("""{"type":"web_search_20250305"}""", """{"name":"Bash"}""", "1").Array[0, 2].Select(tools => $"[{string.Join(",", tools)}]"), Text);
    private static readonly Gen<string> Member = Gen.OneOf(
        Messages.Select(value => $"\"messages\":{value}"),
        Content.Select(value => $"\"system\": {value}"),
        Tools.Select(value => $"\"tools\":{value}"),
        Text.Select(value => $"\"model\":{value}"),
        Generators.OneOf("true", "false", "\"true\"", "1e999").Select(value => $"\"stream\":{value}"),
        Generators.OneOf("[\"</severity>\"]", "[3,\"x\"]", "{}").Select(value => $"\"stop_sequences\":{value}"),
        Generators.OneOf("""{"format":{"schema":{"properties":{"title":{}}}}}""", """{"format":{"schema":{"properties":{"title":null}}}}""", """{"format":[]}""").Select(value => $"\"output_config\":{value}"),
        Generators.OneOf("""{"user_id":"{\"session_id\":\"s\"}"}""", """{"user_id":"u"}""", "[]").Select(value => $"\"metadata\" : {value}"));

    /// <summary>Without repeated members: there the document model gives up, and the first one counts for us.</summary>
    private static readonly Gen<string> Body = Member.Array[0, 8].Select(members => $" {{{string.Join(", ", members.DistinctBy(member => member.Split(':')[0].Trim()))}}} ");

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
    [InlineData("""{"model":"a","model":"b","messages":[{"role":"user","content":[{"type":"tool_use","input":{"x":1,"x":2}}]}]}""", "main", "query_evaluation")]
    public void Lane_and_type_follow_from_the_shape(string body, string lane, string type)
    {
        var facts = Of(Encoding.UTF8.GetBytes(body));
        Assert.Equal((lane, type), (facts.Lane, facts.RequestType));
    }

    [Fact]
    public void A_subagent_is_known_by_its_header_and_a_session_by_header_or_metadata()
    {
        Assert.Equal(("subagent", "s1"), Told(Of("{}"u8, new HeaderLine("X-Claude-Code-Agent-Id", "a1"), new HeaderLine("x-claude-code-session-id", "s1"))));
        Assert.Equal(("main", "s2"), Told(Of("""{"metadata":{"user_id":"{\"session_id\":\"s2\"}"}}"""u8)));
        static (string, string?) Told(RequestFacts facts) => (facts.Lane, facts.SessionId);
    }

    [Fact]
    public void Any_request_tells_what_its_document_model_would() => Body.Sample(body =>
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        return Of(bytes) == DocumentFacts.Of(Start(), bytes);
    });

    [Fact]
    public void Any_bytes_tell_something() => Gen.Select(Body, Gen.Int[0, 300], Gen.Byte).Sample((body, at, put) =>
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        bytes[at % bytes.Length] = put;
        Assert.NotNull(Of(bytes));
        Assert.NotNull(Of(bytes.AsSpan(0, at % bytes.Length)));
    });

    private static RequestFacts Of(ReadOnlySpan<byte> body, params HeaderLine[] headers) => RequestFacts.Of(Start(headers), body, BodyCut.Of(body));

    private static StartMetadata Start(params HeaderLine[] headers) =>
        new(DateTimeOffset.UnixEpoch, "d", "POST", "/v1/messages", "", headers, null, null, null, null, null, CaptureLevel.Full);
}
