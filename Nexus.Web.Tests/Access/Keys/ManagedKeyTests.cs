using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Access.Keys;
using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Access.Limits;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Access.Keys;

public sealed class ManagedKeyTests : IAsyncLifetime
{
    private const string Team = "team.example.com";
    private const string Open = "open.example.com";
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private NexusApp _other = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Streams.Json);
        var database = await Postgres.NewDatabaseAsync();
        var pays = NexusApp.Pays(Team, """{"type":"api_key","api_key":"sk-ant-team","client_api_key":"cnp_live_file"}""");
        _nexus = await NexusApp.StartAsync(_upstream, database, null, pays);
        _other = await NexusApp.StartAsync(_upstream, database, null, pays);
        foreach (var node in new[] { _nexus, _other })
            await node.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _other.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_managed_key_works_in_either_header_and_never_goes_upstream(bool bearer)
    {
        var (row, key) = await _nexus.NewKeyAsync();
        Assert.StartsWith("cnp_live_", key, StringComparison.Ordinal);
        Assert.Equal(9 + 43, key.Length);
        _upstream.Requests.Clear();
        using var answer = await _nexus.AskAsync(Team, bearer ? key : null, bearer ? null : key, headers: [("x-note", $"the key is {key}"), ("x-team", "blue")]);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var received = Assert.Single(_upstream.Requests);
        Assert.Equal("sk-ant-team", received.Header("x-api-key"));
        Assert.Equal("blue", received.Header("x-team"));
        Assert.DoesNotContain(received.Headers, header => header.Value.Contains(key, StringComparison.Ordinal));
        var ledger = await LedgerAsync(answer);
        Assert.Equal((row.Id, "ada", Team), (ledger.KeyId, ledger.Owner, ledger.Domain));
    }

    [Fact]
    public async Task Beside_the_callers_own_credential_the_key_says_who_it_is_and_stays_here()
    {
        var (row, key) = await _nexus.NewKeyAsync(KeyRing.KeyOf(Open));
        foreach (var (bearer, apiKey) in new[] { (key, "sk-ant-own"), ("sk-ant-oat01-own", key) })
        {
            _upstream.Requests.Clear();
            using var answer = await _nexus.AskAsync(Open, bearer, apiKey);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var received = Assert.Single(_upstream.Requests);
            Assert.Equal(bearer == key ? "sk-ant-own" : null, received.Header("x-api-key"));
            Assert.Equal(bearer == key ? null : "Bearer sk-ant-oat01-own", received.Header("Authorization"));
            Assert.DoesNotContain(received.Headers, header => header.Value.Contains("cnp_", StringComparison.Ordinal));
            var ledger = await LedgerAsync(answer);
            Assert.Equal((row.Id, "ada", null), (ledger.KeyId, ledger.Owner, ledger.AccountId));
        }
    }

    [Fact]
    public async Task A_key_that_cannot_pay_is_told_what_to_do()
    {
        var (_, key) = await _nexus.NewKeyAsync(KeyRing.KeyOf(Open));
        using var answer = await _nexus.AskAsync(Open, key);
        var error = await ErrorAsync(answer);
        Assert.Equal((HttpStatusCode.Forbidden, "permission_error"), (answer.StatusCode, error.Type));
        Assert.Contains("your own Claude credential", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{Open}.credentials.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_of_another_host_is_refused_in_the_words_for_a_key_that_never_was()
    {
        var (_, elsewhere) = await _nexus.NewKeyAsync(KeyRing.KeyOf("other.example.com"));
        var (revoked, revokedKey) = await _nexus.NewKeyAsync(KeyRing.KeyOf("other.example.com"));
        await _nexus.WithKeysAsync(keys => keys.RevokeAsync(revoked.Id, KeyRing.Tester, CancellationToken.None));
        var answers = new List<string>();
        foreach (var key in new[] { elsewhere, revokedKey, KeySecret.New() })
        {
            using var answer = await _nexus.AskAsync(Team, key);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("false", answer.Headers.GetValues("x-should-retry").Single());
            answers.Add((await ErrorAsync(answer)).Message);
        }

        Assert.Single(answers.Distinct());
        Assert.Contains("only at the host it was made for", answers[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_key_ends_on_all_nodes_within_a_second()
    {
        var (row, key) = await _nexus.NewKeyAsync();
        await _other.KnowsAsync(key);
        Assert.Equal(HttpStatusCode.OK, await _other.StatusAsync(Team, key));
        await _nexus.WithKeysAsync(keys => keys.RevokeAsync(row.Id, KeyRing.Tester, CancellationToken.None));
        var since = Stopwatch.StartNew();
        foreach (var node in new[] { _nexus, _other })
            await NexusApp.UntilAsync(async () => await node.StatusAsync(Team, key) == HttpStatusCode.Unauthorized, "the key is refused");
        // Half of the poll, so that it was the notification; the second itself is measured, and a busy machine may miss it.
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(15), $"it took {since.Elapsed.TotalMilliseconds:f0} ms");
        using var answer = await _other.AskAsync(Team, apiKey: key);
        Assert.Contains("'laptop' was revoked on", (await ErrorAsync(answer)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_whose_listening_connection_was_cut_reads_at_once_what_it_missed()
    {
        var (row, key) = await _nexus.NewKeyAsync();
        await _other.KnowsAsync(key);
        var database = _nexus.Services.GetRequiredService<Database>().DataSource.ConnectionString;
        var since = Stopwatch.StartNew();
        // In one transaction: the connections that the nodes listened on are gone before it commits, so only new ones can tell them.
        const string Listeners = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";
        var cut = await LimitClient.ScalarAsync<long>(database, $"""
            BEGIN;
            SELECT count(pg_terminate_backend(pid, 10000)) {Listeners};
            UPDATE client_keys SET revoked_at = now(), revoked_by = 'tester' WHERE id = '{row.Id}';
            SELECT pg_notify('{AccessFeed.Channel}', '');
            COMMIT
            """);
        Assert.InRange(cut, 2, 10);
        foreach (var node in new[] { _nexus, _other })
            await NexusApp.UntilAsync(async () => await node.StatusAsync(Team, key) == HttpStatusCode.Unauthorized, "the key is refused");
        // Less than it would take without: then everything is read anew in any case.
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(25), $"it took {since.Elapsed.TotalSeconds:f0} s");
        await NexusApp.UntilAsync(async () => await LimitClient.ScalarAsync<long>(database, $"SELECT count(*) {Listeners}") >= cut, "both nodes listen again");
    }

    [Fact]
    public async Task A_rotated_key_works_beside_the_new_one_until_its_end()
    {
        var (row, old) = await _nexus.NewKeyAsync();
        var (next, fresh) = (await _nexus.WithKeysAsync(keys => keys.RotateAsync(row.Id, DateTimeOffset.UtcNow.AddHours(1), KeyRing.Tester, CancellationToken.None)))!.Value;
        await _nexus.KnowsAsync(fresh);
        Assert.Equal(row.Id, next.RotatedFrom);
        Assert.Equal(HttpStatusCode.OK, await _nexus.StatusAsync(Team, fresh));
        Assert.Equal(HttpStatusCode.OK, await _nexus.StatusAsync(Team, old));
        await _nexus.WithKeysAsync(keys => keys.RotateAsync(next.Id, DateTimeOffset.MinValue, KeyRing.Tester, CancellationToken.None));
        await NexusApp.UntilAsync(async () => await _nexus.StatusAsync(Team, fresh) == HttpStatusCode.Unauthorized, "a key without overlap ends at once");
        await Assert.ThrowsAsync<KeyProblemException>(() => _nexus.WithKeysAsync(keys => keys.RotateAsync(next.Id, DateTimeOffset.MinValue, KeyRing.Tester, CancellationToken.None)));
    }

    [Fact]
    public async Task A_model_that_the_key_is_not_allowed_is_refused_with_the_names_of_those_it_is()
    {
        var (row, key) = await _nexus.NewKeyAsync(KeyRing.KeyOf(Team, "claude-haiku-*", "claude-sonnet-5"));
        _upstream.Requests.Clear();
        foreach (var body in new[] { """{"model":"claude-opus-5"}""", """{"model":"claude-haiku-4-5","model":"claude-opus-5"}""", "{}", "no json", """{"model":7}""" })
        {
            using var answer = await _nexus.AskAsync(Team, key, body: body);
            var error = await ErrorAsync(answer);
            Assert.Equal((HttpStatusCode.Forbidden, "permission_error"), (answer.StatusCode, error.Type));
            Assert.Contains("claude-haiku-*, claude-sonnet-5", error.Message, StringComparison.Ordinal);
            var ledger = await LedgerAsync(answer);
            Assert.Equal(("refused", row.Id, (short)403), (ledger.Outcome, ledger.KeyId, ledger.Status));
        }

        using (var batch = await _nexus.AskAsync(Team, key, body: """{"requests":[]}""", path: "/v1/messages/batches"))
            Assert.Equal(HttpStatusCode.Forbidden, batch.StatusCode);
        Assert.Empty(_upstream.Requests);
        using (var count = await _nexus.AskAsync(Team, key, path: "/v1/messages/count_tokens"))
            Assert.Equal(HttpStatusCode.OK, count.StatusCode);
        using var allowed = await _nexus.AskAsync(Team, key, body: """{"model":"claude-haiku-4-5"}""");
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
    }

    [Fact]
    public async Task The_last_use_is_written_in_the_background_and_at_the_end()
    {
        var directory = Directory.CreateTempSubdirectory("nexus-keys-").FullName;
        var (row, key) = await _nexus.NewKeyAsync(KeyRing.KeyOf(Open));
        var database = _nexus.Services.GetRequiredService<Database>().DataSource.ConnectionString;
        await using (var third = await NexusApp.StartAsync(_upstream, database, directory))
        {
            await third.ReadyAsync();
            await third.KnowsAsync(key);
            Assert.Equal(HttpStatusCode.OK, await third.StatusAsync(Open, key, "sk-ant-own"));
            Assert.Null((await RowAsync(row.Id)).LastUsedAt);
        }

        Assert.NotNull((await RowAsync(row.Id)).LastUsedAt);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task However_often_a_key_is_used_its_last_use_is_written_once_a_minute()
    {
        var (row, _) = await _nexus.NewKeyAsync(KeyRing.KeyOf(Open));
        var time = new TimerClock(new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero));
        var state = new AccessState();
        var key = new ClientKey(row.Id, KeyHash.From(row.SecretHash), row.Name, row.Owner, row.Domain, [], null, null, null);
        state.Set(KnownAccess.Of([key], new Dictionary<string, CaptureLevel>()));
        using var writer = new LastUsed(_nexus.Services.GetRequiredService<Database>(), state, time, NullLogger<LastUsed>.Instance);
        await writer.StartAsync(CancellationToken.None);
        await time.HasTimer;
        DateTimeOffset? written = null;
        for (var minute = 0; minute < 3; minute++)
        {
            for (var second = 1; second < 60; second++)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                key.Use.Mark(time.GetUtcNow());
            }

            Assert.Equal(written, (await RowAsync(row.Id)).LastUsedAt);
            var last = time.GetUtcNow();
            time.Advance(TimeSpan.FromSeconds(1));
            await NexusApp.UntilAsync(async () => (await RowAsync(row.Id)).LastUsedAt == last, "the minute's last use is written");
            written = last;
        }

        await writer.StopAsync(CancellationToken.None);
        Assert.Equal(written, (await RowAsync(row.Id)).LastUsedAt);
    }

    [Fact]
    public async Task Each_change_is_in_the_audit_log_and_no_secret_is()
    {
        var (row, key) = await _nexus.NewKeyAsync();
        await _nexus.WithKeysAsync(keys => keys.EditAsync(row.Id, _ => KeyRing.KeyOf(Team, "claude-*") with { Owner = "grace" }, KeyRing.Tester, CancellationToken.None));
        await _nexus.WithKeysAsync(keys => keys.RevokeAsync(row.Id, KeyRing.Tester, CancellationToken.None));
        await using var scope = _nexus.Services.CreateAsyncScope();
        var audit = await scope.ServiceProvider.GetRequiredService<NexusDbContext>().Audit.Where(line => line.Subject == row.Id).OrderBy(line => line.Id).ToListAsync();
        Assert.Equal(["key.created", "key.edited", "key.revoked"], audit.Select(line => line.Action));
        Assert.All(audit, line => Assert.Equal(("tester", "192.0.2.7"), (line.Actor, line.Address)));
        Assert.Contains("grace", audit[1].Details, StringComparison.Ordinal);
        Assert.DoesNotContain(audit, line => line.Details!.Contains(key, StringComparison.Ordinal));
    }

    private async Task<ClientKeyRow> RowAsync(string id) => await _nexus.WithKeysAsync(keys => keys.All.SingleAsync(row => row.Id == id));

    private async Task<LedgerRow> LedgerAsync(HttpResponseMessage answer)
    {
        var id = Guid.Parse(answer.Headers.GetValues("x-nexus-request-id").Single());
        LedgerRow? row = null;
        await NexusApp.UntilAsync(async () =>
        {
            await using var scope = _nexus.Services.CreateAsyncScope();
            row = await scope.ServiceProvider.GetRequiredService<NexusDbContext>().Requests.FirstOrDefaultAsync(line => line.Id == id);
            return row is not null;
        }, $"request {id} is in the ledger");
        return row!;
    }

    private static async Task<(string Type, string Message)> ErrorAsync(HttpResponseMessage answer)
    {
        var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal("error", json["type"]!.GetValue<string>());
        return (json["error"]!["type"]!.GetValue<string>(), json["error"]!["message"]!.GetValue<string>());
    }

    /// <summary>A clock that only the test moves, and that tells when somebody waits for it.</summary>
    private sealed class TimerClock(DateTimeOffset start) : FakeTimeProvider(start)
    {
        private readonly TaskCompletionSource _timer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task HasTimer => _timer.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _timer.TrySetResult();
            return timer;
        }
    }
}
