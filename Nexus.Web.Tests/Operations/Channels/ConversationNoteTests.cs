using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Nexus.Web.Operations.Channels.Conversations;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Operations.Channels;

public sealed class ConversationNoteTests
{
    [Theory]
    [InlineData("Read", """{"file_path":"/home/me/src/app/Retry.cs"}""", "Read - Reading file: app/Retry.cs")]
    [InlineData("MultiEdit", """{"file_path":"Retry.cs"}""", "MultiEdit - Editing file: Retry.cs")]
    [InlineData("Bash", """{"command":"dotnet test --filter FullyQualifiedName~Something.Very.Long\nand more"}""", "Bash - `dotnet test --filter FullyQualifiedName~Something.…`")]
    [InlineData("TodoWrite", """{"todos":[{"status":"pending"},{"status":"completed"},{"status":"completed"}]}""", "TodoWrite - 1 pending, 0 in progress, 2 completed")]
    [InlineData("TodoWrite", """{"todos":[{"status":"odd"}]}""", "TodoWrite - Managing 1 tasks")]
    [InlineData("WebFetch", """{"url":"https://docs.example.org/a/b?token=secret"}""", "WebFetch - docs.example.org")]
    [InlineData("Task", """{"description":"short","prompt":"Find out why the retry of the second attempt is never made"}""", "Task - Find out why the retry of the second att…")]
    [InlineData("Unknown", "{}", "Unknown")]
    [InlineData("Grep", """{"pattern":7}""", "Grep")]
    public void A_tool_is_told_in_a_few_words(string name, string input, string words) =>
        Assert.Equal(words, ToolLine.Of(new JsonObject { ["name"] = name, ["input"] = JsonNode.Parse(input) }));

    [Fact]
    public void A_note_has_what_was_typed_without_the_clients_reminders_and_is_escaped()
    {
        const string Request = """{"messages":[{"role":"user","content":[{"type":"text","text":"<system-reminder>secret context</system-reminder>"},{"type":"text","text":"Is 1 < 2 & <!channel>?"}]}]}""";
        const string Answer = """{"content":[{"type":"thinking","thinking":"hm"},{"type":"text","text":"Yes, <b>."},{"type":"tool_use","name":"LS","input":{"path":"/a/b/c"}}]}""";
        var note = ConversationNote.Of(Encoding.UTF8.GetBytes(Request), Encoding.UTF8.GetBytes(Answer));
        Assert.Equal(":bust_in_silhouette: User: Is 1 &lt; 2 &amp; &lt;!channel&gt;?\n:robot_face: Claude: Yes, &lt;b&gt;.\n    :wrench: LS - b/c", note.Text);
        Assert.Null(ConversationNote.Of("""{"messages":[{"role":"user","content":[{"type":"tool_result","content":"x"}]}]}"""u8, "not json"u8).User);
    }

    [Fact]
    public async Task Domains_that_wish_it_are_noted_once_per_typed_words_and_nobody_else_is()
    {
        await using var slack = await FakeAnthropic.StartAsync();
        slack.Replies("text/plain", "ok"u8.ToArray());
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("text/event-stream", Streams.Whole);
        await using var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync(), null, ("SLACK_WEBHOOK_URL", slack.Url + "/global"), ("SLACK_CONVERSATIONS", "one.example, my-personal.example"), ("Alerts:Seconds", "0"));
        await nexus.ReadyAsync();
        await nexus.PayForAsync("two.example", $$$"""{"type":"api_key","accountId":"acc_two","api_key":"sk-ant-two","client_api_key":"cnp_live_two_two_two_two","slack":{"webhook_url":"{{{slack.Url}}}/two","channel":"#two"}}""");
        string Body(string text) => $$$"""{"model":"claude-opus-5","stream":true,"system":[{"type":"text","text":"You are Claude Code."},{"type":"text","text":"More."}],"tools":[{"name":"Bash","input_schema":{"type":"object"}}],"messages":[{"role":"user","content":"{{{text}}}"}]}""";
        var session = await DashboardSession.StartAsync(nexus);
        foreach (var (text, host) in new[] { ("Hello one", "one.example"), ("Hello one", "one.example"), ("Nobody sees this", "three.example"), ("Private", "my-personal.example"), ("Hello again", "one.example") })
            await session.RequestAsync(Body(text), host);
        using (var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new StringContent(Body("Hello two"), Encoding.UTF8, "application/json"), Headers = { Host = "two.example" } })
        {
            request.Headers.TryAddWithoutValidation("x-api-key", "cnp_live_two_two_two_two");
            using var answer = await nexus.Proxy.SendAsync(request);
            Assert.True(answer.IsSuccessStatusCode);
        }

        await NexusApp.UntilAsync(() => Task.FromResult(slack.Requests.Count >= 3), "three notes arrived");
        var notes = slack.Requests.Select(request => (request.Target, Note: JsonDocument.Parse(request.Body).RootElement)).ToList();
        Assert.Equal(["/global Hello one", "/global Hello again", "/two Hello two"], notes.Select(note => $"{note.Target} {note.Note.GetProperty("text").GetString()!.Split('\n')[0][":bust_in_silhouette: User: ".Length..]}"));
        Assert.All(notes, note => Assert.Contains(":robot_face: Claude: Hello", note.Note.GetProperty("text").GetString(), StringComparison.Ordinal));
        Assert.Equal("#two", notes[2].Note.GetProperty("channel").GetString());
        Assert.StartsWith("two.example | claude-", notes[2].Note.GetProperty("attachments")[0].GetProperty("footer").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sk-ant", Encoding.UTF8.GetString(slack.Requests.Last().Body), StringComparison.Ordinal);
    }
}
