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

        var since = DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(recent.Replace("-", "", StringComparison.Ordinal)[..12], 16)).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);
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
