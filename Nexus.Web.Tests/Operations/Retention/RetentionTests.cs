using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Capture;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Operations.Retention;
using Nexus.Web.Tests.Operations.Backups;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Operations.Retention;

public sealed class RetentionTests : IAsyncLifetime
{
    private static readonly RetentionOptions Kept = new() { Ledger = "13m", Payloads = "90d", Rollups = "5y", Audit = "2y" };
    private BackupNexus _nexus = null!;

    public async Task InitializeAsync() => _nexus = await BackupNexus.StartAsync();

    public async Task DisposeAsync() => await _nexus.DisposeAsync();

    [Fact]
    public async Task Expired_payloads_go_by_month_and_a_body_that_continues_one_is_rebuilt_as_before()
    {
        // The bases of the newest body move into a month that expires, as if the conversation had gone on over its end.
        var newest = Guid.Parse(await _nexus.RequestAsync(5));
        var before = await BodyHashAsync(newest);
        var old = DateTimeOffset.UtcNow.AddMonths(-6);
        await _nexus.SqlAsync($"SELECT nexus_ensure_month('{old:O}')");
        await MoveAsync(newest, old);
        var summary = await RunAsync(new PartitionsJob(Options.Create(Kept), TimeProvider.System, NullLogger<PartitionsJob>.Instance));
        Assert.Contains("1 lists of parts written whole", summary, StringComparison.Ordinal);
        Assert.Contains($"request_payloads_{old:yyyy_MM}", summary, StringComparison.Ordinal);
        Assert.DoesNotContain($" requests_{old:yyyy_MM}", summary, StringComparison.Ordinal);
        Assert.Equal(before, await BodyHashAsync(newest));
        Assert.Equal(1, await _nexus.NumberAsync("SELECT count(*) FROM request_payloads"));
        Assert.Equal(5, await _nexus.NumberAsync("SELECT count(*) FROM requests"));
        // Charts do not change.
        Assert.Equal(5, await _nexus.NumberAsync("SELECT sum(requests)::bigint FROM usage_15m"));
    }

    [Fact]
    public async Task Expired_ledger_months_go_also_from_the_default_partition()
    {
        await _nexus.SqlAsync("INSERT INTO requests SELECT * FROM json_populate_recordset(NULL::requests, (SELECT json_agg(to_jsonb(r) || jsonb_build_object('started_at', now() - interval '20 months')) FROM requests r))");
        Assert.Equal(4, await _nexus.NumberAsync("SELECT count(*) FROM requests_default"));
        Assert.Contains("4 rows of requests_default", await RunAsync(new PartitionsJob(Options.Create(Kept), TimeProvider.System, NullLogger<PartitionsJob>.Instance)), StringComparison.Ordinal);
        Assert.Equal(4, await _nexus.NumberAsync("SELECT count(*) FROM requests"));
    }

    [Fact]
    public async Task Rollups_and_audit_entries_go_by_their_own_ages_and_nothing_goes_when_all_is_kept()
    {
        await _nexus.SqlAsync("UPDATE usage_5m SET bucket = bucket - interval '36 days'; INSERT INTO audit_log (at, actor, action, subject) VALUES (now() - interval '25 months', 'x', 'old', 'x'), (now(), 'x', 'new', 'x')");
        var quarters = await _nexus.NumberAsync("SELECT count(*) FROM usage_15m");
        var forever = new RetentionOptions { Ledger = "0", Payloads = "0", Rollups = "0", Audit = "0" };
        Assert.DoesNotContain("audit_log", await RunAsync(new RetentionJob(Options.Create(forever), TimeProvider.System)), StringComparison.Ordinal);
        Assert.Contains("Deleted 1 rows of audit_log.", await RunAsync(new RetentionJob(Options.Create(Kept), TimeProvider.System)), StringComparison.Ordinal);
        Assert.Equal(0, await _nexus.NumberAsync("SELECT count(*) FROM usage_5m"));
        Assert.Equal(quarters, await _nexus.NumberAsync("SELECT count(*) FROM usage_15m"));
        Assert.Equal(0, await _nexus.NumberAsync("SELECT count(*) FROM audit_log WHERE action = 'old'"));
        Assert.DoesNotContain("Expired", await RunAsync(new PartitionsJob(Options.Create(forever), TimeProvider.System, NullLogger<PartitionsJob>.Instance)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Conversations_go_with_the_ledger_and_their_words_with_the_bodies()
    {
        await _nexus.SqlAsync("""
            INSERT INTO conversations (id, domain, started_at, last_at, last_hour, title, owners, key_ids, accounts, models, context_tokens, requests, turns, tool_calls, errors, subagents, compactions, forks, input_tokens, output_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens, cache_read_tokens, cost_micros, duration_ms)
            SELECT id::uuid, 'old.example', at, at, at, title, '{}', '{}', '{}', '{}', 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
            FROM (VALUES ('0194f000-0000-7000-8000-000000000001', now() - interval '15 months', 'expired'), ('0194f000-0000-7000-8000-000000000002', now() - interval '6 months', 'secret plan')) AS v(id, at, title);
            INSERT INTO conversation_sessions (domain, session_id, conversation_id) VALUES ('old.example', 'a', '0194f000-0000-7000-8000-000000000001'), ('old.example', 'b', '0194f000-0000-7000-8000-000000000002');
            INSERT INTO conversation_hooks (hash, request_id, position) VALUES (1, '01800000-0000-7000-8000-000000000001', 0);
            INSERT INTO conversation_words (conversation_id, request_id, words) VALUES ('0194f000-0000-7000-8000-000000000002', '01800000-0000-7000-8000-000000000002', to_tsvector('secret plan'));
            """);
        var (kept, words) = (await _nexus.NumberAsync("SELECT count(*) FROM conversations WHERE domain <> 'old.example'"), await _nexus.NumberAsync("SELECT count(*) FROM conversation_words"));
        var summary = await RunAsync(new RetentionJob(Options.Create(Kept), TimeProvider.System));
        Assert.Contains("1 rows of conversation_words, 1 rows of conversation_hooks", summary, StringComparison.Ordinal);
        Assert.Contains("1 rows of conversation_sessions, 1 rows of conversations", summary, StringComparison.Ordinal);
        Assert.Equal(kept + 1, await _nexus.NumberAsync("SELECT count(*) FROM conversations"));
        Assert.Equal(words - 1, await _nexus.NumberAsync("SELECT count(*) FROM conversation_words"));
        Assert.Equal(0, await _nexus.NumberAsync("SELECT count(*) FROM conversations WHERE title = 'secret plan'"));
    }

    [Fact]
    public async Task Analyses_go_with_the_bodies_that_they_were_made_from()
    {
        var (old, recent) = (Nexus.Web.Capture.PayloadReader.FirstIdAt(DateTimeOffset.UtcNow.AddMonths(-6)), Guid.CreateVersion7());
        await _nexus.SqlAsync($"""
            INSERT INTO analyses (conversation_id, branch_id, status, model, attempts, next_at, requested_by, requested_at, created_at, updated_at, prompt_tokens, completion_tokens, cost_micros, estimated_micros, calls, up_to, messages_sent, messages_left_out)
            SELECT gen_random_uuid(), name, status, 'm', 1, at, 'x', at, at, at, 0, 0, 0, 0, '{"{}"}', up_to::uuid, 0, 0
            FROM (VALUES ('made lately of old bodies', 'completed', now(), '{old}'), ('made of new ones', 'completed', now(), '{recent}'), ('made anew now', 'pending', now(), '{old}'), ('failed long ago', 'failed', now() - interval '6 months', NULL), ('failed', 'failed', now(), NULL)) AS v(name, status, at, up_to)
            """);
        Assert.Contains("2 rows of analyses", await RunAsync(new RetentionJob(Options.Create(Kept), TimeProvider.System)), StringComparison.Ordinal);
        Assert.Equal(3, await _nexus.NumberAsync("SELECT count(*) FROM analyses WHERE branch_id IN ('made of new ones', 'made anew now', 'failed')"));
    }

    [Fact]
    public async Task Parts_that_nothing_names_go_and_those_that_are_named_or_used_again_stay()
    {
        var parts = await _nexus.NumberAsync("SELECT count(*) FROM content_parts");
        await _nexus.SqlAsync("UPDATE content_parts SET last_seen = current_date - 10; INSERT INTO content_parts VALUES ('\\x01', '\\x00', 1, current_date - 10), ('\\x02', '\\x00', 1, current_date)");
        Assert.Contains($"1 parts deleted that no payload names; {parts} old ones are still named.", await RunAsync(new PartsGcJob(TimeProvider.System)), StringComparison.Ordinal);
        Assert.Equal(parts + 1, await _nexus.NumberAsync("SELECT count(*) FROM content_parts"));
        await _nexus.SqlAsync("TRUNCATE request_payloads");
        // Ingest is using one of them again, and has not committed yet.
        await using var ingest = new NpgsqlConnection(_nexus.Database);
        await ingest.OpenAsync();
        await using var transaction = await ingest.BeginTransactionAsync();
        await using (var touch = new NpgsqlCommand("UPDATE content_parts SET last_seen = current_date WHERE hash = (SELECT hash FROM content_parts WHERE last_seen < current_date ORDER BY hash LIMIT 1)", ingest))
            await touch.ExecuteNonQueryAsync();
        Assert.Contains($"{parts - 1} parts deleted", await RunAsync(new PartsGcJob(TimeProvider.System)), StringComparison.Ordinal);
        await transaction.CommitAsync();
        Assert.Equal(2, await _nexus.NumberAsync("SELECT count(*) FROM content_parts"));
    }

    [Fact]
    public void Ages_are_read_and_short_or_senseless_ones_refused()
    {
        var now = new FakeTimeProvider(new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero)).GetUtcNow();
        Assert.Equal(new(2025, 10, 1, 0, 0, 0, TimeSpan.Zero), RetentionAge.Parse("13m").MonthBound(now));
        Assert.Equal(new(2026, 8, 1, 0, 0, 0, TimeSpan.Zero), RetentionAge.Parse("90d").MonthBound(now));
        Assert.Null(RetentionAge.Parse("0").Bound(now));
        Assert.Equal(new(2026, 8, 1, 0, 0, 0, TimeSpan.Zero), new RetentionOptions { Ledger = "13m", Payloads = "90d" }.PayloadBound(now));
        Assert.Equal(new(2026, 10, 1, 0, 0, 0, TimeSpan.Zero), new RetentionOptions { Ledger = "1m", Payloads = "0" }.PayloadBound(now));
        foreach (var wrong in new[] { "", "7d", "13", "m", "-1m", "0d" })
            Assert.Throws<FormatException>(() => RetentionAge.Parse(wrong));
    }

    private async Task<byte[]> BodyHashAsync(Guid id)
    {
        await using var connection = new NpgsqlConnection(_nexus.Database);
        await connection.OpenAsync();
        return SHA256.HashData((await PayloadReader.ReadAsync(connection, id, default))!.RequestBody!);
    }

    private async Task<string> RunAsync(IJob job)
    {
        await using var connection = new NpgsqlConnection(_nexus.Database);
        await connection.OpenAsync();
        return (await job.RunAsync(new(connection, _ => Task.CompletedTask), default)).Summary;
    }

    /// <summary>Gives every payload but one an id and a time in an earlier month, and the lists that continue them the new ids.</summary>
    private Task MoveAsync(Guid kept, DateTimeOffset to) => _nexus.SqlAsync($$"""
        CREATE TEMP TABLE moved AS SELECT id AS old, started_at AS at, (lpad(to_hex({{to.ToUnixTimeMilliseconds()}} + row_number() OVER (ORDER BY id)), 12, '0') || right(replace(id::text, '-', ''), 20))::uuid AS new,
            to_timestamp(({{to.ToUnixTimeMilliseconds()}} + row_number() OVER (ORDER BY id)) / 1000.0) AS since FROM request_payloads WHERE id <> '{{kept}}';
        UPDATE request_payloads p SET base_id = m.new FROM moved m WHERE p.base_id = m.old;
        UPDATE request_payloads p SET id = m.new, started_at = m.since FROM moved m WHERE p.id = m.old;
        """);
}
