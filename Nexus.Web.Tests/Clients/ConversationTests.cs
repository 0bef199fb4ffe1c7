using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Conversations;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Clients;

/// <summary>Sessions of the real Claude Code through a running Nexus: the conversations, branches and side calls that took place, no more and no fewer.</summary>
public sealed class ConversationTests : IDisposable
{
    private readonly ClaudeCode _claude = new() { PartialMessages = false };

    public void Dispose() => _claude.Dispose();

    [Fact]
    public async Task A_session_continued_is_one_conversation_on_one_line()
    {
        var found = await RunAsync(["Begin the work. [[play:bash 2]]"], ["Go on. [[play:say]]", "--continue"]);
        var conversation = Assert.Single(found);
        Assert.Equal("main main main main", Branches(conversation.Rows));
        Assert.Equal(conversation.Rows.SkipLast(1).Select(row => (Guid?)row.Id), conversation.Rows.Skip(1).Select(row => row.ParentId));
        Assert.StartsWith("Begin the work.", conversation.Known.Row.Title, StringComparison.Ordinal);
        Assert.Equal((4, 4, 2, 0), (conversation.Known.Row.Turns, conversation.Known.Row.Requests, conversation.Known.Row.ToolCalls, conversation.Known.Row.Errors));
    }

    [Fact]
    public async Task A_fork_is_a_branch_of_the_conversation_that_it_left_and_another_session_is_another_conversation()
    {
        var found = await RunAsync(["Begin. [[play:bash]]"], ["Another way. [[play:say]]", "--continue", "--fork-session"], ["Something else. [[play:say]]"]);
        Assert.Equal(2, found.Count);
        Assert.Equal("main main fork_", Branches(found[0].Rows));
        Assert.Equal(found[0].Rows[1].Id, found[0].Rows[2].ParentId);
        Assert.Equal("main", Branches(found[1].Rows));
    }

    [Fact]
    public async Task A_subagent_has_a_branch_that_hangs_on_the_turn_that_launched_it_and_a_search_is_kept_beside()
    {
        var found = await RunAsync(["Delegate. [[play:agent]]"], ["Look it up. [[play:search]]", "--continue"]);
        var rows = Assert.Single(found).Rows;
        Assert.Equal("main subtask_ subtask_ main main side main", Branches(rows));
        Assert.Equal(rows[0].Id, rows[1].ParentId);
        Assert.Equal(rows[1].Id, rows[2].ParentId);
        Assert.Equal(rows[0].Id, rows[3].ParentId);
        Assert.Equal(rows[4].Id, rows[6].ParentId);
    }

    [Fact]
    public async Task Two_subagents_at_once_with_the_same_prompt_have_a_branch_each()
    {
        var rows = Assert.Single(await RunAsync(["Delegate twice. [[play:agents]]"])).Rows;
        var agents = rows.Where(row => row.AgentId is not null).GroupBy(row => row.AgentId!).Select(agent => agent.ToList()).ToList();
        Assert.Equal([2, 2], agents.Select(agent => agent.Count));
        Assert.All(agents, agent =>
        {
            Assert.Equal([rows[0].Id, agent[0].Id], agent.Select(row => row.ParentId));
            Assert.StartsWith("subtask_", Assert.Single(agent.Select(row => row.BranchId).Distinct()), StringComparison.Ordinal);
        });
        Assert.NotEqual(agents[0][0].BranchId, agents[1][0].BranchId);
        var main = rows.Where(row => row.AgentId is null).ToList();
        Assert.Equal("main main", Branches(main));
        Assert.Equal(main[0].Id, main[1].ParentId);
    }

    [Fact]
    public async Task A_session_resumed_by_its_id_goes_on_although_another_began_meanwhile()
    {
        await using var route = await Route.ThroughNexusAsync();
        await _claude.ResumeAsync(route, "Begin. [[play:bash]]", "Something else. [[play:say]]", "Go on. [[play:say]]");
        var found = await FoundAsync(route);
        Assert.Equal(["main main main", "main"], found.Select(conversation => Branches(conversation.Rows)));
        Assert.Equal(found[0].Rows.SkipLast(1).Select(row => (Guid?)row.Id), found[0].Rows.Skip(1).Select(row => row.ParentId));
    }

    [Fact]
    public async Task A_tool_loop_of_the_SDK_without_any_identifier_is_one_conversation()
    {
        await using var route = await Route.ThroughNexusAsync();
        await TypeScriptSdkTests.RunAsync(route, "tool_loop");
        var rows = Assert.Single(await FoundAsync(route)).Rows;
        Assert.Equal("main main main", Branches(rows));
        Assert.All(rows, row => Assert.Null(row.SessionId));
        Assert.Equal([null, rows[0].Id, rows[1].Id], rows.Select(row => row.ParentId));
    }

    [Fact]
    public async Task A_compaction_is_gone_on_from_on_a_branch_of_its_own_and_counts_are_kept_beside()
    {
        var found = await RunAsync(["Begin. [[play:say]]"], ["/context", "--continue"], ["/compact", "--continue"], ["Go on. [[play:say]]", "--continue"]);
        var rows = Assert.Single(found).Rows;
        var line = rows.Where(row => row.Lane != "count").ToList();
        Assert.Equal("main side compact_", Branches(line));
        Assert.Equal(("compaction", line[0].Id, line[1].Id), (line[1].Lane, line[1].ParentId, line[2].ParentId));
        Assert.All(rows.Where(row => row.Lane == "count"), row => Assert.Equal("side", row.BranchId));
    }

    [Fact]
    public async Task A_subagent_of_a_subagent_hangs_on_the_one_that_launched_it()
    {
        var found = await RunAsync(["Delegate. [[play:nest]]"]);
        var rows = Assert.Single(found).Rows;
        var agents = rows.Where(row => row.AgentId is not null).GroupBy(row => row.AgentId!).OrderBy(agent => agent.First().StartedAt).ToList();
        Assert.Equal(2, agents.Count);
        var (outer, inner) = (agents[0].ToList(), agents[1].ToList());
        Assert.Equal((outer[0].AgentId, outer[0].Id), (inner[0].ParentAgentId, inner[0].ParentId));
        Assert.Equal(rows[0].Id, outer[0].ParentId);
        Assert.Equal(3, rows.Select(row => row.BranchId ?? "main").Distinct().Count());
        Assert.All(rows, row => Assert.Contains(row.Lane, new[] { "main", "subagent" }));
    }

    [Fact]
    public async Task A_prompt_that_is_too_long_is_compacted_by_the_client_and_gone_on_from_on_a_branch_of_its_own()
    {
        var found = await RunAsync(["Begin. [[play:bash]]"], ["Go on. [[play:say]]", "--continue"], ["More. [[play:long]]", "--continue"]);
        var rows = Assert.Single(found).Rows;
        var compaction = Assert.Single(rows, row => row.Lane == "compaction");
        Assert.Contains(rows, row => row is { Status: 400, ErrorType: "invalid_request_error" } && row.StartedAt < compaction.StartedAt);
        var after = rows.Where(row => row.StartedAt > compaction.StartedAt).ToList();
        Assert.All(after, row => Assert.StartsWith("compact_", row.BranchId, StringComparison.Ordinal));
        Assert.Equal(compaction.Id, after[0].ParentId);
        Assert.Equal(1, found[0].Known.Row.Compactions);
    }

    [Fact]
    public async Task What_is_said_after_an_interruption_goes_on_from_the_turn_that_was_interrupted()
    {
        await using var route = await Route.ThroughNexusAsync();
        await _claude.InterruptAsync(route, "Begin.[[play:stall]]", () => route.Script.Exchanges.Any(exchange => exchange.Outcome == "client_aborted"), "Otherwise.[[play:say]]");
        var rows = Assert.Single(await FoundAsync(route)).Rows.Where(row => row.Lane == "main").ToList();
        Assert.Equal(["client_aborted", "completed"], rows.Select(row => row.Outcome));
        Assert.Equal("main main", Branches(rows));
        Assert.Equal(rows[0].Id, rows[1].ParentId);
    }

    [Fact]
    public async Task A_rewind_is_a_branch_at_the_turn_that_was_gone_back_to()
    {
        await using var route = await Route.ThroughNexusAsync();
        await _claude.RewindAsync(route, "Begin. [[play:say]]", "One way. [[play:say]]", "Another way. [[play:say]]");
        var rows = Assert.Single(await FoundAsync(route)).Rows;
        Assert.Single(rows.Select(row => row.SessionId).Distinct());
        Assert.Equal("main main branch_", Branches(rows));
        Assert.Equal([null, rows[0].Id, rows[0].Id], rows.Select(row => row.ParentId));
    }

    [Fact]
    public async Task A_message_thread_of_the_SDK_is_one_conversation_although_each_request_has_only_what_is_new()
    {
        await using var route = await Route.ThroughNexusAsync();
        Assert.Contains("\"messages\":6", await TypeScriptSdkTests.RunAsync(route, "thread"), StringComparison.Ordinal);
        var rows = Assert.Single(await FoundAsync(route)).Rows;
        Assert.Equal("main main main", Branches(rows));
        Assert.Equal([null, rows[0].Id, rows[1].Id], rows.Select(row => row.ParentId));
    }

    [Theory]
    [InlineData("overloaded")]
    [InlineData("cut")]
    [InlineData("broken")]
    public async Task What_is_asked_again_after_a_fault_is_the_same_node(string play)
    {
        var found = await RunAsync([$"Try. [[play:{play}]]"]);
        var rows = Assert.Single(found).Rows;
        Assert.Equal("main main", Branches(rows));
        Assert.Equal((null, rows[0].Id), (rows[0].AttemptOf, rows[1].AttemptOf));
        Assert.Equal(1, found[0].Known.Row.Turns);
    }

    [Fact]
    public async Task Two_sessions_at_once_with_the_same_words_are_two_conversations()
    {
        await using var route = await Route.ThroughNexusAsync();
        await Task.WhenAll(_claude.AskAsync(route, ["Begin. [[play:bash 2]]"]), _claude.AskAsync(route, ["Begin. [[play:bash 2]]"]));
        var found = await FoundAsync(route);
        Assert.Equal(["main main main", "main main main"], found.Select(conversation => Branches(conversation.Rows)));
    }

    private async Task<List<(KnownConversation Known, List<LedgerRow> Rows)>> RunAsync(params string[][] asks)
    {
        await using var route = await Route.ThroughNexusAsync();
        await _claude.AskAsync(route, asks);
        return await FoundAsync(route);
    }

    /// <summary>In order of their beginning.</summary>
    private static async Task<List<(KnownConversation Known, List<LedgerRow> Rows)>> FoundAsync(Route route)
    {
        await Ledger.AccountAsync(route);
        using var scope = route.Nexus!.Services.CreateScope();
        var reader = new ConversationReader(scope.ServiceProvider.GetRequiredService<NexusDbContext>());
        var page = await reader.PageAsync(new(), 100, 0, null, singles: true, CancellationToken.None);
        Assert.Equal(page.Total, page.Conversations.Count);
        var found = new List<(KnownConversation, List<LedgerRow>)>();
        foreach (var known in page.Conversations.OrderBy(known => known.Row.StartedAt))
            found.Add((known, await reader.RequestsAsync(known.Row.Id, CancellationToken.None)));
        return found;
    }

    private static string Branches(IEnumerable<LedgerRow> rows) => string.Join(' ', rows.Select(row => row.BranchId?.TrimEnd("0123456789".ToCharArray()) ?? "main"));
}
