using System.Text;
using System.Text.Json.Nodes;
using Bunit;
using Nexus.Web.Capture;
using Nexus.Web.Pages.Shared;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class ConversationTests : BunitContext
{
    private IRenderedComponent<MessageBlock> Block(string json) => Render<MessageBlock>(block => block.Add(b => b.Block, ContentBlock.Of(JsonNode.Parse(json)).Single()));

    [Fact]
    public void Thinking_is_folded_with_its_first_line_to_be_seen()
    {
        var block = Block("""[{"type":"thinking","thinking":"First.\nThen."}]""");
        Assert.False(block.Find("details").HasAttribute("open"));
        Assert.Equal("First.", block.Find(".block-preview").TextContent);
        Assert.Contains("Then.", block.Find("pre").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tool_call_is_folded_and_says_what_it_was_for()
    {
        var block = Block("""[{"type":"tool_use","name":"Bash","input":{"timeout":3,"description":"List","command":"ls -la"}}]""");
        Assert.Equal(("Bash", "ls -la"), (block.Find(".block-label").TextContent, block.Find(".block-preview").TextContent));
        Assert.Contains("\"timeout\": 3", block.Find("pre").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tool_result_keeps_its_text_as_it_is_and_shows_its_images()
    {
        var block = Block("""[{"type":"tool_result","is_error":true,"content":[{"type":"text","text":"# not a heading\n<b>"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}]""");
        Assert.Contains("failed", block.Find("details").ClassList);
        Assert.Equal("# not a heading\n<b>", block.Find("pre").TextContent);
        Assert.Equal("data:image/png;base64,AAAA", block.Find("img").GetAttribute("src"));
        Assert.Equal("plain", Block("""[{"type":"tool_result","content":"plain"}]""").Find("pre").TextContent);
    }

    [Fact]
    public void Only_images_are_shown_as_images_and_none_is_fetched()
    {
        Assert.Empty(Block("""[{"type":"image","source":{"type":"base64","media_type":"text/html","data":"AAAA"}}]""").FindAll("img"));
        Assert.Empty(Block("""[{"type":"image","source":{"type":"url","url":"http://evil.example/p.png"}}]""").FindAll("img"));
    }

    [Fact]
    public void An_unknown_block_is_shown_verbatim()
    {
        var block = Block("""[{"type":"yet_to_be_invented","x":[1,"ä"]}]""");
        Assert.Equal("yet to be invented", block.Find(".block-label").TextContent);
        Assert.Contains("\"ä\"", block.Find("pre").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Markdown_is_rendered_without_the_writers_html()
    {
        var html = Block("""[{"type":"text","text":"# Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\n1 < 2\n```\n<img src=x onerror=alert(1)>"}]""");
        Assert.NotNull(html.Find("h4"));
        Assert.NotNull(html.Find("table"));
        Assert.Empty(html.FindAll("img"));
        Assert.Contains("<img src=x", html.Find(".prose").TextContent, StringComparison.Ordinal);
        var deep = Render<MessageBlock>(block => block.Add(b => b.Block, new ContentBlock("text", null, new string('>', 5000) + "x")));
        Assert.Contains("x", deep.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void A_conversation_folds_system_and_tools_and_ends_with_the_answer()
    {
        var view = Render<ConversationView>(view => view.Add(v => v.Turns, [new Turn(21, "user", [new("text", null, "Hi")])]).Add(v => v.Earlier, new EarlierTurns(20, "/x?before=20"))
            .Add(v => v.System, [new("text", null, "Be kind")]).Add(v => v.Tools, ["Bash", "Read"]).Add(v => v.Answer, [new("text", null, "Hello")]));
        Assert.Equal(["System prompt", "Tools"], view.FindAll("details .block-label").Select(label => label.TextContent));
        Assert.Equal("/x?before=20", view.Find("a.earlier").GetAttribute("hx-get"));
        Assert.Equal(["user 21", "Answer"], view.FindAll(".turn h3").Select(heading => heading.TextContent.Trim()));
    }

    [Fact]
    public void Events_are_told_apart_by_any_line_ending_and_timed_by_the_read_that_completed_them()
    {
        var body = Encoding.UTF8.GetBytes("event: a\ndata: 1\n\n: ping\r\n\r\nevent: b\r\ndata: 2\r\ndata: 3\r\n\r\nevent: c\ndata: cut");
        Arrival[] arrivals = [new(0, 1_000), new(10, 5_000), new(40, 9_000)];
        var (events, count) = StreamEvent.Of(body, arrivals, 0, 10);
        Assert.Equal(4, count);
        Assert.Equal([("a", "1", 5_000L), ("comment", ": ping", 5_000L), ("b", "2\n3", 9_000L), ("c", "cut", 9_000L)], events.Select(item => (item.Name, item.Data, item.Micros!.Value)));
        var (some, _) = StreamEvent.Of(body, [], 2, 1);
        Assert.Equal((3, "b", (long?)null), (some.Single().Number, some.Single().Name, some.Single().Micros));
        var view = Render<EventsView>(view => view.Add(v => v.Events, events).Add(v => v.Count, count));
        Assert.Equal("+4.0 ms", view.FindAll("tbody tr")[2].Children[2].TextContent);
    }

    [Fact]
    public void Headers_and_raw_json_are_shown()
    {
        var headers = Render<HeadersView>(view => view.Add(v => v.Sent, [KeyValuePair.Create("x-api-key", "****")]).Add(v => v.Received, []));
        Assert.Equal("****", headers.Find("td").TextContent);
        var raw = Render<RawView>(view => view.Add(v => v.Id, Guid.Empty).Add(v => v.Sent, PrettyJson.Of("""{"a":[1,2]}"""u8.ToArray())).Add(v => v.Received, PrettyJson.Of("no json"u8.ToArray())));
        Assert.Contains("\"a\": [", raw.Find("#raw-sent").TextContent, StringComparison.Ordinal);
        Assert.Equal("no json", raw.Find("#raw-received").TextContent);
    }
}
