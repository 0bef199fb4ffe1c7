using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Pages;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages;

/// <summary>Words are found in a conversation too long to be read at once.</summary>
public sealed class TranscriptFindTests
{
    private static readonly FakeTimeProvider Time = new();

    [Fact]
    public void What_was_typed_or_answered_is_found_newest_first_and_nothing_else_is_searched()
    {
        var found = TranscriptFind.In(
            [
                Text(1, "user", "Where is the RETRY made?"), Text(2, "assistant", "Nowhere."), new(3, "user", [new("tool_result", "Result", "", null, false, [new("output", null, "retry")])]),
                new(4, "assistant", [new("thinking", "Thinking", "retry"), new("text", null, new string('a', 100) + " retry " + new string('b', 100))]), Text(5, "user", "<system-reminder>retry</system-reminder>"),
            ], "retry", number => $"#m-{number}", Time);
        Assert.Equal([(4, "retry", "#m-4"), (1, "RETRY", "#m-1")], found.Turns.Select(turn => (turn.Number, turn.Match, turn.Address)));
        Assert.Equal(("…" + new string('a', 79) + " ", " " + new string('b', 79) + "…"), (found.Turns[0].Before, found.Turns[0].After));
        Assert.Equal(("Where is the ", " made?", false), (found.Turns[1].Before, found.Turns[1].After, found.Cut));
    }

    [Fact]
    public void It_stops_at_a_hundred_and_when_its_time_is_up_and_says_how_far_it_came()
    {
        var turns = Enumerable.Range(1, 300).Select(i => Text(i, "user", "again")).ToList();
        var many = TranscriptFind.In(turns, "again", _ => "", Time);
        Assert.Equal((100, 100, 300, true), (many.Turns.Count, many.Searched, many.Of, many.Cut));
        var slow = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.FromSeconds(0.75) };
        Assert.Equal((2, true), (TranscriptFind.In(turns, "again", _ => "", slow).Searched, TranscriptFind.In(turns, "no", _ => "", slow).Cut));
    }

    [Fact]
    public async Task The_page_has_the_field_without_script_and_leads_to_each_message_found()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("text/event-stream", Streams.Whole);
        await using var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync());
        await nexus.ReadyAsync();
        var session = await DashboardSession.StartAsync(nexus);
        var messages = Enumerable.Range(1, 451).Select(i => $$"""{"role":"{{(i % 2 == 1 ? "user" : "assistant")}}","content":"{{(i is 5 or 449 ? $"needle <b> {i}" : $"hay {i}")}}"}""");
        var id = await session.RequestAsync($$"""{"model":"claude-opus-5","stream":true,"messages":[{{string.Join(',', messages)}}] }""");
        var address = $"/dashboard/conversation/{id}";
        var whole = await session.PageAsync(address);
        Assert.Contains($"<form method=\"get\" action=\"{address}\" role=\"search\"", whole, StringComparison.Ordinal);
        Assert.DoesNotContain("id=\"m-5\"", whole, StringComparison.Ordinal);
        var page = await session.PageAsync(address + "?branch=main&find=NEEDLE%20%3Cb%3E");
        Assert.Contains("in 2 messages along main", page, StringComparison.Ordinal);
        Assert.Contains($"<a href=\"{address}?branch=main#m-449\">user 449</a> <span><mark>needle &lt;b&gt;</mark> 449</span>", page, StringComparison.Ordinal);
        Assert.Contains($"<a href=\"{address}?branch=main&amp;before=205#m-5\">user 5</a>", page, StringComparison.Ordinal);
        Assert.Contains("id=\"m-5\"", await session.PageAsync(address + "?branch=main&before=205"), StringComparison.Ordinal);
        Assert.DoesNotContain("<html", await session.PageAsync(address + "?find=needle", htmx: true), StringComparison.Ordinal);
        Assert.Contains("No message has", await session.PageAsync(address + "?find=nowhere"), StringComparison.Ordinal);
    }

    private static Turn Text(int number, string role, string text) => new(number, role, [new("text", null, text)]);
}
