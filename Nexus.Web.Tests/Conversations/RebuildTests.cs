using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Conversations.Rebuilding;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Jobs;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Conversations;

/// <summary><c>nexus conversations rebuild</c> and its job, beside a running Nexus.</summary>
public sealed class RebuildTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;
    private string _database = "";

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("text/event-stream", Streams.Whole);
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database);
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task The_command_leaves_what_came_before_since_and_the_job_places_the_rest()
    {
        var (old, older) = await TwoTurnsAsync("What is old?");
        var (recent, later) = await TwoTurnsAsync("What is new?");
        await ForgetAsync();

        var since = TimeOf(recent);
        Assert.Contains("2 requests looked at, 2 would be placed elsewhere", await CommandAsync("--since", since, "--dry-run"), StringComparison.Ordinal);
        Assert.Equal((null, null), (await ConversationOfAsync(older), await ConversationOfAsync(later)));
        Assert.Contains("2 requests looked at, 2 are placed elsewhere", await CommandAsync("--since", since), StringComparison.Ordinal);
        Assert.Equal((null, Guid.Parse(recent)), (await ConversationOfAsync(older), await ConversationOfAsync(later)));

        var jobs = new JobHistory(_nexus);
        await jobs.ServingAsync();
        var run = _nexus.Services.GetRequiredService<JobRequests>().Start(RebuildJob.Id, new RebuildArguments("one.example", null));
        await jobs.StateAsync(run, "Succeeded");
        Assert.Equal((Guid.Parse(old), Guid.Parse(recent)), (await ConversationOfAsync(older), await ConversationOfAsync(later)));
        Assert.Contains("4 requests looked at, 0 would be placed elsewhere", await CommandAsync("--dry-run"), StringComparison.Ordinal);
        Assert.Contains("looked at", (await jobs.RunsAsync()).Single(ran => ran.Job == RebuildJob.Id).Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Analyses_follow_a_conversation_that_joins_another_and_go_with_one_that_is_placed_elsewhere()
    {
        // Two go on from a request whose answer is still under way: until it is there they are two conversations.
        const string Message = """{"role":"user","content":"What is late?"}""";
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _upstream.Answer = async context =>
        {
            context.Response.StatusCode = 200;
            context.Response.ContentType = "text/event-stream";
            if (!System.Text.Encoding.UTF8.GetString(context.Features.Get<Received>()!.Body).Contains("assistant", StringComparison.Ordinal))
                await gate.Task;
            await context.Response.Body.WriteAsync(Streams.Whole);
        };
        var first = _session.RequestAsync($$"""{"model":"claude-opus-5","stream":true,"messages":[{{Message}}]}""");
        await NexusApp.UntilAsync(() => Task.FromResult(!_upstream.Requests.IsEmpty), "the first is under way");
        var (one, another) = (await GoesOnAsync("Go on."), await GoesOnAsync("Do otherwise."));
        foreach (var request in new[] { one, another })
            await NexusApp.UntilAsync(async () => await ConversationOfAsync(request) is not null, "it is a conversation by itself");
        Guid[] apart = [(await ConversationOfAsync(one))!.Value, (await ConversationOfAsync(another))!.Value];
        Assert.NotEqual(apart[0], apart[1]);
        foreach (var conversation in apart)
            await AnalysedAsync(conversation, "main");
        await AnalysedAsync(apart[0], "first");
        await AnalysedAsync(apart[1], "second");
        gate.SetResult();
        await first;
        await NexusApp.UntilAsync(async () => await ConversationOfAsync(one) == await ConversationOfAsync(another), "they are one conversation");
        var joined = (await ConversationOfAsync(one))!.Value;
        await using var source = NpgsqlDataSource.Create(_database);
        await using var followed = source.CreateCommand($"SELECT string_agg(branch_id, ', ' ORDER BY branch_id) FROM analyses WHERE conversation_id = '{joined}'");
        Assert.Equal("first, main, second", await followed.ExecuteScalarAsync());

        // Of a conversation that a rebuild does not find again nothing is left.
        var nobodys = Guid.NewGuid();
        await using (var move = source.CreateCommand($"UPDATE requests SET conversation_id = '{nobodys}'"))
            await move.ExecuteNonQueryAsync();
        await AnalysedAsync(nobodys, "main");
        await CommandAsync();
        await using var left = source.CreateCommand($"SELECT count(*) FROM analyses WHERE conversation_id = '{nobodys}'");
        Assert.Equal(0L, await left.ExecuteScalarAsync());

        // Twice: one request that goes on from an unknown one is no conversation yet.
        async Task<string> GoesOnAsync(string words)
        {
            var turns = $$"""{{Message}},{"role":"assistant","content":[{"type":"text","text":"Hello"}]},{"role":"user","content":"{{words}}"}""";
            var request = await _session.RequestAsync($$"""{"model":"claude-opus-5","stream":true,"messages":[{{turns}}]}""");
            await _session.RequestAsync($$"""{"model":"claude-opus-5","stream":true,"messages":[{{turns}},{"role":"assistant","content":[{"type":"text","text":"Hello"}]},{"role":"user","content":"And then?"}]}""");
            return request;
        }
    }

    [Fact]
    public async Task Since_in_the_middle_of_a_conversation_keeps_the_words_and_the_sums_of_what_came_before()
    {
        var (first, second) = await TwoTurnsAsync("Where do walruses sleep?");
        var conversation = (await ConversationOfAsync(second))!.Value;
        Assert.Equal(Guid.Parse(first), conversation);
        const string Sums = "SELECT (SELECT string_agg(request_id || ' ' || words::text, ';' ORDER BY request_id) FROM conversation_words) || (SELECT string_agg(id || ' ' || requests || ' ' || turns || ' ' || output_tokens, ';' ORDER BY id) FROM conversations)";
        await NexusApp.UntilAsync(async () => (await TextAsync("SELECT string_agg(words::text, ' ') FROM conversation_words"))?.Contains("walruses", StringComparison.Ordinal) == true, "the words are there");
        var before = await TextAsync(Sums);

        Assert.Contains("1 requests looked at, 0 are placed elsewhere", await CommandAsync("--since", TimeOf(second)), StringComparison.Ordinal);
        Assert.Equal(before, await TextAsync(Sums));

        // The later turn moves away, as by an older mistake in linking: what stays is a conversation still.
        await TextAsync($"UPDATE requests SET conversation_id = '{conversation}', parent_id = NULL, missing_parent = 7 WHERE id = '{second}'");
        Assert.Contains("1 requests looked at, 1 are placed elsewhere", await CommandAsync("--since", TimeOf(second)), StringComparison.Ordinal);
        Assert.Equal(before, await TextAsync(Sums));
    }

    [Fact]
    public async Task Requests_whose_bodies_are_gone_stay_on_their_branches_with_their_words_and_hashes()
    {
        var (first, second) = await TwoTurnsAsync("Where do puffins sleep?");
        const string Places = "SELECT string_agg(concat_ws(' ', id, conversation_id, branch_id, parent_id, attempt_of, prefix_hash, answer_hash), ';' ORDER BY id) || (SELECT string_agg(request_id || ' ' || conversation_id || ' ' || words::text, ';' ORDER BY request_id) FROM conversation_words) FROM requests";
        await NexusApp.UntilAsync(async () => (await TextAsync("SELECT string_agg(words::text, ' ') FROM conversation_words"))?.Contains("puffins", StringComparison.Ordinal) == true, "the words are there");
        await TextAsync($"UPDATE requests SET branch_id = 'compact_20260101T000000' WHERE id = '{second}'");
        await TextAsync("UPDATE requests SET payload = 'none'");
        var before = await TextAsync(Places);
        Assert.Contains("2 requests looked at, 0 are placed elsewhere, 2 without a body", await CommandAsync(), StringComparison.Ordinal);
        Assert.Equal(before, await TextAsync(Places));
        Assert.Equal("1", await TextAsync($"SELECT requests::text FROM conversation_branches WHERE conversation_id = '{first}' AND name LIKE 'compact%'"));
    }

    private static string TimeOf(string id) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(id.Replace("-", "", StringComparison.Ordinal)[..12], 16)).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);

    private async Task<string?> TextAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(_database);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync() as string;
    }

    private async Task AnalysedAsync(Guid conversation, string branch)
    {
        await using var source = NpgsqlDataSource.Create(_database);
        await using var insert = source.CreateCommand($$"""
            INSERT INTO analyses (conversation_id, branch_id, status, model, attempts, next_at, requested_by, requested_at, created_at, updated_at, prompt_tokens, completion_tokens, cost_micros, estimated_micros, calls, messages_sent, messages_left_out)
            VALUES ('{{conversation}}', '{{branch}}', 'completed', 'm', 1, now(), 'x', now(), now(), now(), 0, 0, 0, 0, '{}', 0, 0)
            """);
        await insert.ExecuteNonQueryAsync();
    }

    private async Task<(string First, string Second)> TwoTurnsAsync(string words)
    {
        var message = $$"""{"role":"user","content":"{{words}}"}""";
        var first = await _session.RequestAsync($$"""{"model":"claude-opus-5","stream":true,"messages":[{{message}}]}""");
        return (first, await _session.RequestAsync($$"""{"model":"claude-opus-5","stream":true,"messages":[{{message}},{"role":"assistant","content":[{"type":"text","text":"Hello"}]},{"role":"user","content":"Go on."}]}"""));
    }

    private async Task ForgetAsync()
    {
        await using var source = NpgsqlDataSource.Create(_database);
        await using var forget = source.CreateCommand("""
            UPDATE requests SET conversation_id = NULL, branch_id = NULL, parent_id = NULL, attempt_of = NULL, missing_parent = NULL, prefix_hash = NULL, answer_hash = NULL, person = NULL;
            DELETE FROM conversation_branches; DELETE FROM conversations; DELETE FROM conversation_sessions;
            """);
        await forget.ExecuteNonQueryAsync();
    }

    private async Task<Guid?> ConversationOfAsync(string id)
    {
        await using var source = NpgsqlDataSource.Create(_database);
        await using var command = source.CreateCommand($"SELECT conversation_id FROM requests WHERE id = '{id}'");
        return await command.ExecuteScalarAsync() as Guid?;
    }

    private async Task<string> CommandAsync(params string[] options)
    {
        var (code, output, error) = await Scripts.RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "Nexus.Web.dll"), "conversations", "rebuild", .. options], Path.GetTempPath(), new Dictionary<string, string?> { ["DATABASE_URL"] = _database, ["DATA_DIR"] = Path.GetTempPath() });
        Assert.True(code == 0, error);
        return output;
    }
}
