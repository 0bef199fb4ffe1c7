using Bunit;
using Nexus.Web.Conversations;
using Nexus.Web.Pages.Shared.Conversations;
using Nexus.Web.Storage;
using Xunit;

namespace Nexus.Web.Tests.Conversations;

/// <summary>What is told of a whole conversation, and of one line through it.</summary>
public sealed class ConversationFiguresTests : BunitContext
{
    private const string Rewound = "branch_20260501100100";
    private static readonly DateTimeOffset Start = new(2026, 5, 1, 10, 0, 0, TimeSpan.Zero);
    private static readonly Guid[] Ids = [.. Enumerable.Range(0, 8).Select(i => Guid.CreateVersion7(Start.AddSeconds(i)))];

    /// <summary>Two turns, of which the first launched a subagent; the second was tried twice, rewound and asked otherwise; a side call.</summary>
    private static readonly LedgerRow[] Rows =
    [
        Row(0, 0, 2_000, messages: 1, input: 100, stop: "tool_use", tools: 1),
        Row(1, 3, 1_000, "subtask_1", parent: 0, messages: 1, input: 10_000),
        Row(2, 5, 1_000, parent: 0, messages: 3, input: 0, outcome: "upstream_error"),
        Row(3, 7, 3_000, attemptOf: 2, messages: 3, input: 300, stop: "end_turn"),
        Row(4, 20, 5_000, parent: 2, messages: 5, input: 500, stop: "end_turn"),
        Row(5, 60, 4_000, Rewound, parent: 2, messages: 7, input: 700, stop: "tool_use", tools: 2),
        Row(6, 70, 9_000, Rewound, parent: 5, messages: 9, input: 900, stop: "end_turn"),
        Row(7, 71, 1_000, BranchNames.Side, parent: 6, messages: 40, input: 7),
    ];

    [Fact]
    public void The_whole_conversation_counts_everything_from_the_first_request_to_the_end_of_the_last_answer()
    {
        var all = ConversationFigures.Of(Rows);
        Assert.Equal((8, 9, 1, 2), (all.Requests, all.Messages, all.Subagents, all.Branches));
        Assert.Equal(79_000, all.DurationMs);
        Assert.Equal((12_507L, 900L, 3), (all.Tokens, all.ContextTokens, all.ToolCalls));
        Assert.Equal(26_000, all.Times.Model);
    }

    [Fact]
    public void A_branch_counts_what_lies_on_its_way_with_every_attempt_and_nothing_beside_it()
    {
        var along = ConversationFigures.Of(Rows, Rewound);
        Assert.Equal((5, 9, 1, 2), (along.Requests, along.Messages, along.Subagents, along.Branches));
        Assert.Equal((2_000L, 900L, 3), (along.Tokens, along.ContextTokens, along.ToolCalls));
        Assert.Equal(79_000, along.DurationMs);
        // Tools: 3 s until the second turn, 6 s until the last; the person: from 10 s to 60 s.
        Assert.Equal((9_000d, 50_000d, 1), (along.Times.Tools, along.Times.Person, along.Times.Replies));
        var main = ConversationFigures.Of(Rows, BranchNames.Main);
        Assert.Equal((4, 5, 1, 1), (main.Requests, main.Messages, main.Subagents, main.Branches));
        Assert.Equal(25_000, main.DurationMs);
    }

    [Fact]
    public void A_subagent_s_line_has_its_own_requests_alone()
    {
        var agent = ConversationFigures.Of(Rows, "subtask_1");
        Assert.Equal((1, 0, 1, 10_000L, 10_000L), (agent.Requests, agent.Subagents, agent.Branches, agent.Tokens, agent.ContextTokens));
        Assert.Equal(new ConversationTimes(0, 0, 0, 0), ConversationFigures.Of([]).Times);
    }

    [Fact]
    public void They_are_shown_one_tile_each()
    {
        var strip = Render<BranchStrip>(strip => strip.Add(s => s.Branch, Rewound).Add(s => s.Figures, ConversationFigures.Of(Rows, Rewound)));
        Assert.Equal(
            ["Branch requests", "Messages", "Subagents", "Branches", "Duration", "Tokens", "Cost", "Context", "Model", "Tools", "Person"],
            strip.FindAll(".tile dt").Select(label => label.TextContent.Trim()));
        Assert.Equal("Along " + Rewound, strip.Find("h2").TextContent);
        Assert.Equal("1 min 19 s", strip.FindAll(".tile")[4].QuerySelector("dd")!.TextContent.Trim());
    }

    private static LedgerRow Row(int id, int second, int duration, string? branch = null, int? parent = null, int? attemptOf = null, int messages = 0, int input = 0, string? stop = null, int tools = 0, string outcome = "completed") => new()
    {
        Id = Ids[id],
        StartedAt = Start.AddSeconds(second),
        Domain = "one.example",
        Method = "POST",
        Path = "/v1/messages",
        Lane = "main",
        Outcome = outcome,
        Status = (short)(outcome == "completed" ? 200 : 529),
        DurationMs = duration,
        AttemptOf = attemptOf is { } first ? Ids[first] : null,
        ParentId = parent is { } before ? Ids[before] : null,
        BranchId = branch,
        AgentId = BranchNames.IsSubagent(branch) ? "agent" : null,
        StopReason = stop,
        ToolCalls = tools,
        MessageCount = messages,
        InputTokens = input,
        ModelServed = "claude-opus-5",
        ConversationId = Ids[0],
        Payload = "none",
    };
}
