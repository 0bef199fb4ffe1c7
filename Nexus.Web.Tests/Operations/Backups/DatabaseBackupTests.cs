using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Usage;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Operations.Backups;

public sealed class DatabaseBackupTests : IAsyncLifetime
{
    private BackupNexus _nexus = null!;

    public async Task InitializeAsync() => _nexus = await BackupNexus.StartAsync();

    public async Task DisposeAsync() => await _nexus.DisposeAsync();

    [Fact]
    public async Task A_backup_is_restored_by_gunzip_and_psql_and_holds_what_its_manifest_says()
    {
        var backup = await _nexus.BackUpAsync();
        Assert.Matches(@"^backup-\d{8}-\d{6}\.sql\.gz$", backup.Name);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(backup.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(backup.Path + BackupStore.ManifestSuffix));
        var manifest = backup.Manifest!;
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(backup.Path))), manifest.Sums.Sha256);
        var content = manifest.Database!;
        Assert.Equal(4, content.Rows.Where(pair => pair.Key.StartsWith("requests", StringComparison.Ordinal)).Sum(pair => pair.Value));
        Assert.True(content.DumpedBytes > backup.Bytes);
        Assert.Equal(4, content.Samples.Count);

        var empty = await BackupNexus.EmptyAsync();
        await BackupNexus.ShellAsync($"gunzip < {backup.Path} | psql -X -q -v ON_ERROR_STOP=1", empty);
        await using var connection = new NpgsqlConnection(empty);
        await connection.OpenAsync();
        Assert.Equal(content.Rows, await SnapshotFacts.RowsAsync(connection, await SnapshotFacts.TablesAsync(connection, default), default));
        Assert.Equal(0, await LedgerSums.NumberAsync(empty, "SELECT count(*) FROM pg_namespace WHERE nspname = 'hangfire'"));
        await using var transaction = await connection.BeginTransactionAsync();
        Assert.Equal(content.Newest, await SnapshotFacts.NewestAsync(connection, default));
        Assert.Equal(content.Samples, await SnapshotFacts.SamplesAsync(connection, null, default));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(backup.Path)!, "*" + BackupStore.UnfinishedSuffix));
    }

    [Fact]
    public async Task No_secret_and_no_word_of_a_conversation_is_in_a_manifest()
    {
        await _nexus.BackUpAsync();
        await _nexus.RunJobAsync(CredentialsBackupJob.Id);
        var manifests = Directory.GetFiles(Path.Combine(_nexus.Directory, "backups"), "*.json", SearchOption.AllDirectories);
        Assert.Equal(2, manifests.Length);
        foreach (var manifest in manifests)
        {
            var text = await File.ReadAllTextAsync(manifest);
            foreach (var secret in new[] { BackupNexus.Canary, BackupNexus.CanaryText, "sk-ant-own", NexusApp.Key })
                Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_command_line_makes_the_custom_format_which_pg_restore_reads()
    {
        var file = Path.Combine(_nexus.Directory, "mine.dump");
        var (code, path, error) = await _nexus.CliAsync("backup", "database", "--custom", "--file", file);
        Assert.True(code == 0, error);
        Assert.Equal(file, path);
        var empty = await BackupNexus.EmptyAsync();
        await BackupNexus.ShellAsync($"pg_restore --exit-on-error --no-owner -d \"$PGDATABASE\" {file}", empty);
        Assert.Equal(4, await LedgerSums.NumberAsync(empty, "SELECT count(*) FROM requests"));
        Assert.Equal("custom", BackupStore.Read(file).Manifest!.Format);
        (code, _, error) = await _nexus.CliAsync("backup", "database", "--since", "tomorrow");
        Assert.Equal(1, code);
        Assert.Contains("'tomorrow' is no time in the past", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_of_recent_data_takes_whole_sessions_with_all_their_parts_and_restores_by_itself()
    {
        // Of the four turns only the last is recent; its body continues the lists of the others. A fifth request is old and alone.
        var alone = await _nexus.App.MessageAsync("""{"model":"claude-haiku-4-5","messages":[{"role":"user","content":"alone"}]}""", "three.example");
        await NexusApp.UntilAsync(async () => await _nexus.NumberAsync("SELECT count(*) FROM requests") == 5, "it is stored");
        await _nexus.SqlAsync("""
            INSERT INTO conversations SELECT gen_random_uuid(), 'old.example', started_at, last_at, last_hour, title, owners, key_ids, accounts, models, latest_id, latest_at, latest_model, context_tokens, requests, turns, tool_calls, errors, subagents, compactions, forks,
                input_tokens, output_tokens, cache_creation_5m_tokens, cache_creation_1h_tokens, cache_read_tokens, cost_micros, duration_ms FROM conversations LIMIT 1;
            INSERT INTO conversation_branches SELECT id, 'subtask_1', started_at, last_at, 1, 0, 0, 0, 0, 0, 0, 0, 0 FROM conversations;
            INSERT INTO conversation_sessions SELECT domain, 'session of ' || domain, id FROM conversations;
            INSERT INTO conversation_words SELECT id, id, 'old' FROM conversations WHERE domain = 'old.example';
            INSERT INTO conversation_hooks SELECT 1, id, 0 FROM requests;
            INSERT INTO analyses (conversation_id, branch_id, status, model, attempts, next_at, requested_by, requested_at, created_at, updated_at, prompt_tokens, completion_tokens, cost_micros, estimated_micros, calls, messages_sent, messages_left_out)
                SELECT id, 'main', 'completed', 'm', 1, now(), 'x', now(), now(), now(), 0, 0, 0, 0, '{}', 0, 0 FROM conversations;
            """);
        var latest = await _nexus.RequestAsync(5);
        var (code, path, error) = await _nexus.CliAsync("backup", "database", "--since", DateTimeOffset.FromUnixTimeMilliseconds(Convert.ToInt64(latest.Replace("-", "", StringComparison.Ordinal)[..12], 16)).ToString("O"));
        Assert.True(code == 0, error);
        Assert.StartsWith("recent-", Path.GetFileName(path), StringComparison.Ordinal);
        var empty = await BackupNexus.EmptyAsync();
        await BackupNexus.ShellAsync($"gunzip < {path} | psql -X -q -v ON_ERROR_STOP=1", empty);
        Assert.Equal(0, await LedgerSums.NumberAsync(empty, $"SELECT count(*) FROM requests WHERE id = '{alone}'"));
        var manifest = BackupStore.Read(path).Manifest!;
        Assert.Equal(manifest.Database!.Rows["requests"], await LedgerSums.NumberAsync(empty, "SELECT count(*) FROM requests"));
        Assert.Equal(manifest.Database.Rows["content_parts"], await LedgerSums.NumberAsync(empty, "SELECT count(*) FROM content_parts"));
        Assert.Equal(manifest.Database.Rows["requests"], await LedgerSums.NumberAsync(empty, "SELECT count(*) FROM request_payloads"));
        // Five requests had one; that which is old and alone is left out.
        Assert.Equal((4L, 4L), (manifest.Database.Rows["conversation_hooks"], await LedgerSums.NumberAsync(empty, "SELECT count(*) FROM conversation_hooks JOIN requests ON id = request_id")));
        foreach (var table in new[] { "conversations", "conversation_branches", "conversation_sessions", "analyses" })
            Assert.Equal((1L, 1L), (manifest.Database.Rows[table], await LedgerSums.NumberAsync(empty, $"SELECT count(*) FROM {table}")));
        Assert.Equal(manifest.Database.Rows["conversation_words"], await LedgerSums.NumberAsync(empty, "SELECT count(*) FROM conversation_words WHERE words <> 'old'"));
        Assert.True(manifest.Database.Rows["conversation_words"] > 0);
        await using var connection = new NpgsqlConnection(empty);
        await connection.OpenAsync();
        var body = (await Nexus.Web.Capture.PayloadReader.ReadAsync(connection, Guid.Parse(latest), default))!.RequestBody!;
        Assert.Contains("line 8", System.Text.Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        Assert.Equal(0, await LedgerSums.NumberAsync(empty, "SELECT count(*) FROM pg_class c WHERE relname = 'pk_requests' AND NOT (SELECT indisvalid FROM pg_index WHERE indexrelid = c.oid)"));
        Assert.Contains("earlier ones of the same sessions", manifest.Holds, StringComparison.Ordinal);
        // Nexus serves it.
        Assert.Equal(0, await LedgerSums.NumberAsync(empty, "SELECT count(*) FROM requests_default"));
    }

    [Fact]
    public async Task Backups_of_the_last_day_and_the_newest_verified_one_stay_and_what_a_killed_run_left_goes()
    {
        var first = await _nexus.BackUpAsync();
        var second = await _nexus.BackUpAsync();
        await File.WriteAllTextAsync(_nexus.Store.NewPath("database", "sql.gz", DateTimeOffset.UtcNow) + BackupStore.UnfinishedSuffix, "half");
        Assert.Empty(_nexus.Store.Prune("database"));
        Assert.Equal(2, Directory.GetFiles(_nexus.Store.DirectoryOf("database"), "*.gz*").Count(file => !file.EndsWith(".json", StringComparison.Ordinal)));
        void Age(StoredBackup backup, int hours) => BackupStore.WritePrivately(backup.Path + BackupStore.ManifestSuffix, (backup.Manifest! with { MadeAt = new DateTimeOffset(DateTime.UtcNow.Date, TimeSpan.Zero).AddDays(-3).AddHours(hours) }).ToJson());
        Age(first, 1);
        Age(second, 2);
        var third = await _nexus.BackUpAsync();
        Assert.Equal([third.Name, second.Name], _nexus.Store.List("database").Select(backup => backup.Name));
        BackupStore.Record(second, new(DateTimeOffset.UtcNow, null, "verified"));
        var fourth = await _nexus.BackUpAsync();
        Age(third, 3);
        Assert.Equal([], _nexus.Store.Prune("database"));
        Assert.Equal(3, _nexus.Store.List("database").Count);
        Assert.NotEqual(third.Name, fourth.Name);
    }

    [Fact]
    public async Task A_pg_dump_that_is_older_than_the_server_is_told_apart_and_the_way_out_is_said()
    {
        var root = Path.Combine(_nexus.Directory, "clients");
        Directory.CreateDirectory(Path.Combine(root, "13", "bin"));
        Scripts.Write(Path.Combine(root, "13", "bin", "pg_dump"), "#!/bin/sh\necho 'pg_dump (PostgreSQL) 13.9 (Debian 13.9-1)'\n");
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => new PostgresClients(root).FindAsync("pg_dump", new(15, 6), default));
        Assert.Contains("The server is PostgreSQL 15.6, the newest pg_dump here is 13.9", error.Message, StringComparison.Ordinal);
        Assert.Contains("postgresql-client-15", error.Message, StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(root, "17", "bin"));
        Scripts.Write(Path.Combine(root, "17", "bin", "pg_dump"), "#!/bin/sh\necho 'pg_dump (PostgreSQL) 17.2'\n");
        Assert.Equal("17.2", (await new PostgresClients(root).FindAsync("pg_dump", new(15, 6), default)).Version);
        Assert.Contains("not installed", (await Assert.ThrowsAsync<InvalidOperationException>(() => new PostgresClients(root).FindAsync("pg_none", new(15, 6), default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dump_that_fails_half_way_leaves_no_file_and_says_pg_dumps_reason()
    {
        var root = Path.Combine(_nexus.Directory, "clients");
        Directory.CreateDirectory(Path.Combine(root, "15", "bin"));
        Scripts.Write(Path.Combine(root, "15", "bin", "pg_dump"), "#!/bin/sh\n[ \"$1\" = --version ] && { echo 'pg_dump (PostgreSQL) 99.0'; exit; }\necho '-- half'\necho 'pg_dump: error: the disk is on fire' >&2\nexit 1\n");
        var services = _nexus.App.Services;
        var backup = new DatabaseBackup(services.GetRequiredService<Database>(), _nexus.Store, new PostgresClients(root), TimeProvider.System, NullLogger<DatabaseBackup>.Instance);
        await using var connection = new NpgsqlConnection(_nexus.Database);
        await connection.OpenAsync();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => backup.RunAsync(connection, new(), _ => Task.CompletedTask, default));
        Assert.Contains("the disk is on fire", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_nexus.Store.DirectoryOf("database")));
    }
}
