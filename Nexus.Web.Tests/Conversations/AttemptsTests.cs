using Nexus.Web.Api;
using Nexus.Web.Conversations;
using Nexus.Web.Pages.Shared.Conversations;
using Nexus.Web.Storage;
using Xunit;

namespace Nexus.Web.Tests.Conversations;

/// <summary>A turn that failed and went well at the second try is told by its answer, wherever it is told.</summary>
public sealed class AttemptsTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 1, 10, 0, 0, TimeSpan.Zero);
    private static readonly Guid First = Guid.CreateVersion7(Start);
    private static readonly LedgerRow[] Rows =
    [
        Row(First, 0, 100, "upstream_error", 529),
        Row(Guid.CreateVersion7(Start.AddSeconds(5)), 5, 10_000, "completed", 200, attemptOf: First, stopReason: "tool_use", tools: 1, input: 50_000),
        Row(Guid.CreateVersion7(Start.AddSeconds(18)), 18, 2_000, "completed", 200, parent: First, stopReason: "end_turn", input: 60_000),
    ];

    [Fact]
    public void In_the_tree_it_has_not_failed_and_shows_the_context_and_the_tools_of_its_answer()
    {
        var node = TreeLayout.Of(Rows, all: true, newestFirst: false).Nodes[0];
        Assert.Equal((First, false, 1, 1), (node.Id, node.Failed, node.ToolCalls, node.Attempts));
        Assert.True(node.Context > 0);
        var shape = TreeNodeShape.Of(Rows).First();
        Assert.Equal((First, "completed", 50_000L, 1), (shape.RequestId, shape.Outcome, shape.InputTokens, shape.Attempts.Count));
    }

    [Fact]
    public void The_time_of_waiting_and_trying_again_is_no_persons()
    {
        var times = ConversationTimes.Of(Rows);
        Assert.Equal((3_000d, 0d, 0), (times.Tools, times.Person, times.Replies));
        Assert.Equal([null, null, (3_000d, "tools")], TimelineTurn.Of(Rows, new Dictionary<Guid, string>(), new Dictionary<Guid, CacheBreak>()).Select(turn => turn.WaitedMs is { } waited ? (waited, turn.Waited!) : ((double, string)?)null));
    }

    [Fact]
    public void One_that_never_went_well_stays_failed() =>
        Assert.True(TreeLayout.Of([Rows[0], Row(Guid.CreateVersion7(Start.AddSeconds(5)), 5, 100, "upstream_error", 529, attemptOf: First)], all: true, newestFirst: false).Nodes.Single().Failed);

    private static LedgerRow Row(Guid id, int second, int duration, string outcome, short status, Guid? attemptOf = null, Guid? parent = null, string? stopReason = null, int tools = 0, int input = 0) => new()
    {
        Id = id,
        StartedAt = Start.AddSeconds(second),
        Domain = "one.example",
        Method = "POST",
        Path = "/v1/messages",
        Lane = "main",
        Outcome = outcome,
        Status = status,
        DurationMs = duration,
        AttemptOf = attemptOf,
        ParentId = parent,
        StopReason = stopReason,
        ToolCalls = tools,
        InputTokens = input,
        ModelServed = "claude-opus-5",
        ConversationId = First,
        Payload = "none",
    };
}
