using Xunit;

namespace Nexus.Web.Tests.Clients;

public sealed class ClaudeCodeTests : IDisposable
{
    private readonly ClaudeCode _claude = new();

    public void Dispose() => _claude.Dispose();

    [Fact]
    public async Task A_tool_loop_and_the_session_continued_pass_as_they_do_directly()
    {
        var ledger = await Comparison.AssertAlikeAsync(
            route => _claude.AskAsync(route, ["Do it. [[play:bash 3]]"], ["Go on. [[play:think]]", "--continue"]));
        Assert.Equal(5, ledger.Count);
        Assert.Single(ledger.Select(entry => entry.Row.SessionId).Distinct());
        Assert.All(ledger, entry => Assert.Equal(("main", "inference", true), (entry.Row.Lane, entry.Row.RequestType, entry.Row.Streaming)));
        Assert.Equal(["tool_use", "tool_use", "tool_use", "end_turn", "end_turn"], ledger.Select(entry => entry.Row.StopReason));
    }

    [Fact]
    public async Task Subagents_and_searches_pass_and_are_told_apart()
    {
        var ledger = await Comparison.AssertAlikeAsync(
            route => _claude.AskAsync(route, ["Delegate. [[play:agent]]"], ["Look it up. [[play:search]]", "--continue"]));
        Assert.Equal(["main", "subagent", "subagent", "main", "main", "web_search", "main"], ledger.Select(entry => entry.Row.Lane));
        Assert.Single(ledger.Select(entry => entry.Row.SessionId).Distinct());
    }

    [Fact]
    public async Task Counts_sent_all_at_once_and_a_compaction_pass_and_are_told_apart()
    {
        var ledger = await Comparison.AssertAlikeAsync(
            route => _claude.AskAsync(route, ["Begin. [[play:say]]"], ["/context", "--continue"], ["/compact", "--continue"], ["Go on. [[play:say]]", "--continue"]));
        var lanes = ledger.CountBy(entry => entry.Row.Lane).ToDictionary();
        Assert.Equal((2, 1), (lanes["main"], lanes["compaction"]));
        Assert.True(lanes["count"] > 10, "many counts at once");
        Assert.Single(ledger.Select(entry => entry.Row.SessionId).Distinct());
    }

    [Fact]
    public async Task A_session_on_a_terminal_passes_and_its_title_is_told_from_the_conversation()
    {
        var ledger = await Comparison.AssertAlikeAsync(route => _claude.SayAsync(route, "Begin.[[play:say]]"));
        Assert.Equal(["main", "title"], ledger.Select(entry => entry.Row.Lane).Order());
        Assert.Single(ledger.Select(entry => entry.Row.SessionId).Distinct());
    }

    [Fact]
    public async Task A_key_in_x_api_key_passes_as_it_does_directly()
    {
        using var claude = new ClaudeCode { KeyVariable = "ANTHROPIC_API_KEY" };
        Assert.Single(await Comparison.AssertAlikeAsync(route => claude.AskAsync(route, ["Hi. [[play:say]]"])));
    }

    [Theory]
    [InlineData("refused", "upstream_error")]
    [InlineData("limited", "upstream_error")]
    [InlineData("overloaded", "upstream_error")]
    [InlineData("broken", "upstream_error")]
    [InlineData("gzip", "completed")]
    public async Task Errors_and_compressed_streams_have_the_same_effect_as_directly(string play, string outcome)
    {
        var ledger = await Comparison.AssertAlikeAsync(route => _claude.AskAsync(route, [$"Try. [[play:{play}]]"]));
        Assert.Equal(outcome, ledger[0].Row.Outcome);
    }

    [Fact]
    public async Task A_cut_stream_is_asked_for_again_as_it_is_directly()
    {
        // Of what arrives just before a reset the client prints more or less, with Nexus or without.
        using var claude = new ClaudeCode { PartialMessages = false };
        var ledger = await Comparison.AssertAlikeAsync(route => claude.AskAsync(route, ["Try. [[play:cut]]"]));
        Assert.Equal(["upstream_cut", "completed"], ledger.Select(entry => entry.Row.Outcome));
    }

    [Theory]
    [InlineData("limited 9", "429")]
    [InlineData("overloaded 9", "529")]
    [InlineData("cut 9", "")]
    public async Task What_fails_for_good_is_given_up_after_as_many_tries_as_directly(string play, string status)
    {
        using var claude = new ClaudeCode { PartialMessages = false, Variables = new Dictionary<string, string> { ["CLAUDE_CODE_MAX_RETRIES"] = "2" } };
        var printed = "";
        var ledger = await Comparison.AssertAlikeAsync(async route => printed = await claude.AskAsync(route, [$"Try. [[play:{play}]]"]));
        Assert.StartsWith("exit code 1", printed, StringComparison.Ordinal);
        Assert.Contains(status, printed, StringComparison.Ordinal);
        Assert.True(ledger.Count >= 3, $"{ledger.Count} tries");
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task A_stalled_stream_is_left_and_asked_for_again_as_it_is_directly()
    {
        // 10 s is the least that the client takes; without it, it waits for 300 s.
        using var claude = new ClaudeCode { PartialMessages = false, Variables = new Dictionary<string, string> { ["CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS"] = "10000" } };
        var ledger = await Comparison.AssertAlikeAsync(route => claude.AskAsync(route, ["Try. [[play:stall]]"]));
        Assert.Equal(["client_aborted", "completed"], ledger.Select(entry => entry.Row.Outcome));
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task Five_minutes_of_silence_are_the_clients_to_end_and_not_Nexus_s()
    {
        using var claude = new ClaudeCode { PartialMessages = false, Patience = TimeSpan.FromMinutes(8) };
        var ledger = await Comparison.AssertAlikeAsync(route => claude.AskAsync(route, ["Try. [[play:stall]]"]));
        Assert.Equal(["client_aborted", "completed"], ledger.Select(entry => entry.Row.Outcome));
        Assert.InRange(ledger[0].Row.DurationMs, 295_000, 400_000);
    }
}
