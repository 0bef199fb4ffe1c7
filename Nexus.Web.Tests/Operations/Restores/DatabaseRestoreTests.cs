using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Capture;
using Nexus.Web.Operations;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Restores;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Backups;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Operations.Restores;

public sealed class DatabaseRestoreTests : IAsyncLifetime
{
    private static readonly Actor Operator = new("operator", null);
    private BackupNexus _nexus = null!;

    private DatabaseRestore Restore => _nexus.App.Services.GetRequiredService<DatabaseRestore>();

    private string Name => new NpgsqlConnectionStringBuilder(_nexus.Database).Database!;

    public async Task InitializeAsync() => _nexus = await BackupNexus.StartAsync();

    public async Task DisposeAsync() => await _nexus.DisposeAsync();

    [Fact]
    public async Task Broken_then_restored_everything_is_as_backed_up_and_what_passed_meanwhile_on_any_node_is_stored()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("application/json", Streams.Json);
        // Either node may take the backup's job: they share the directory.
        await using var other = await NexusApp.StartAsync(upstream, _nexus.Database, settings: ("BACKUP_DIR", Path.GetDirectoryName(_nexus.Store.DirectoryOf("database"))!));
        await other.ReadyAsync();
        await _nexus.SqlAsync("INSERT INTO client_keys (id, secret_hash, hint, name, owner, domain, created_at, created_by) VALUES ('key_a', '\\x01', 'aaaa', 'a', 'ada', 'one.example', now(), 'test'), ('key_b', '\\x02', 'bbbb', 'b', 'bob', 'one.example', now(), 'test')");
        var backup = await _nexus.BackUpAsync();
        await _nexus.RequestAsync(5);
        await _nexus.SqlAsync("UPDATE client_keys SET revoked_at = now(), revoked_by = 'operator' WHERE id = 'key_a'");
        var preview = await Restore.PreviewAsync(new(backup.Path, null, Operator), default);
        Assert.Contains("missing after a restore: 1 requests", preview, StringComparison.Ordinal);
        Assert.Contains("1 keys were revoked", preview, StringComparison.Ordinal);

        await _nexus.SqlAsync("DELETE FROM content_parts; DELETE FROM requests WHERE started_at < (SELECT max(started_at) FROM requests)");
        var restoring = Restore.RunAsync(new(backup.Path, null, Operator), default);
        // Ingest is held from here on; what was stored before it belongs to the replaced database.
        await NexusApp.UntilAsync(() => Task.FromResult(Restore.State is { Step: not RestoreSteps.Checking }), "ingest is held");
        var meanwhile = new List<string>();
        while (!restoring.IsCompleted)
        {
            meanwhile.Add(await _nexus.App.MessageAsync($$"""{"model":"claude-haiku-4-5","system":"Sing.","messages":[{"role":"user","content":"meanwhile {{meanwhile.Count}}"}]}""", "two.example"));
            meanwhile.Add(await other.MessageAsync($$"""{"model":"claude-haiku-4-5","messages":[{"role":"user","content":"elsewhere {{meanwhile.Count}}"}]}"""));
        }

        var state = await restoring;
        Assert.Equal(RestoreSteps.Done, state.Step);
        await NexusApp.UntilAsync(async () => await CountAsync($"SELECT count(*) FROM requests WHERE id = ANY(ARRAY[{string.Join(',', meanwhile.Select(id => $"'{id}'::uuid"))}])") == meanwhile.Count, "what passed meanwhile is stored");
        Assert.Equal(4 + meanwhile.Count, await CountAsync("SELECT count(*) FROM requests"));
        await using (var stored = StoredRequests.Open(_nexus.Database))
            await stored.RollupsEqualTheLedgerAsync();
        await using var connection = new NpgsqlConnection(_nexus.Database);
        await connection.OpenAsync();
        foreach (var sample in backup.Manifest!.Database!.Samples)
            Assert.Equal(sample.Bytes, (await PayloadReader.ReadAsync(connection, sample.Id, default))!.RequestBody!.Length);
        // Parts that ingest knew from before the restore were sent again: every body can be rebuilt.
        foreach (var id in meanwhile)
            Assert.NotNull((await PayloadReader.ReadAsync(connection, Guid.Parse(id), default))?.RequestBody);
        Assert.Equal(1, await CountAsync("SELECT count(*) FROM client_keys WHERE id = 'key_a' AND revoked_by = 'operator'"));
        Assert.Equal(1, await CountAsync("SELECT count(*) FROM client_keys WHERE id = 'key_b' AND revoked_at IS NULL"));
        Assert.Equal(1, await CountAsync("SELECT count(*) FROM audit_log WHERE action = 'database.restored' AND actor = 'operator'"));
        Assert.Equal(1, await CountAsync($"SELECT count(*) FROM pg_database WHERE datname = '{state.Kept}'"));
        Assert.Equal(Schedule.Recurring.Select(job => job.Id).Order(), _nexus.Jobs.Recurring().Select(job => job.Id).Order());
        await _nexus.App.ReadyAsync();
        await DropAsync(state.Kept);
    }

    [Fact]
    public async Task A_damaged_file_changes_nothing_and_is_named()
    {
        var backup = await _nexus.BackUpAsync();
        var bytes = await File.ReadAllBytesAsync(backup.Path);
        bytes[^200] ^= 1;
        await File.WriteAllBytesAsync(backup.Path, bytes);
        await Assert.ThrowsAsync<InvalidDataException>(() => Restore.RunAsync(new(backup.Path, null, Operator), default));
        Assert.Equal(RestoreSteps.Failed, Restore.State!.Step);
        Assert.Contains("is damaged", Restore.State.Message, StringComparison.Ordinal);
        // Without its manifest the damage shows while it is loaded.
        File.Delete(backup.Path + BackupStore.ManifestSuffix);
        await Assert.ThrowsAsync<InvalidDataException>(() => Restore.RunAsync(new(backup.Path, null, Operator), default));
        Assert.Equal(4, await CountAsync("SELECT count(*) FROM requests"));
        Assert.Equal(0, await CountAsync($"SELECT count(*) FROM pg_database WHERE datname = '{ScratchDatabase.NameFor("restore", Name)}'"));
        await _nexus.RequestAsync(5);
    }

    [Fact]
    public async Task A_crash_before_the_swap_is_undone_and_one_after_it_is_finished()
    {
        var fresh = ScratchDatabase.NameFor("restore", Name);
        var now = DateTimeOffset.UtcNow;
        await _nexus.SqlAsync($"CREATE DATABASE {fresh} TEMPLATE template0");
        var cut = new RestoreState(RestoreSteps.Loading, "/x.sql.gz", null, "operator", Name, fresh, Name[..40] + "_before", now, now);
        cut.Write(Restore.Directory);
        Assert.Equal(RestoreSteps.Failed, (await Restore.RecoverAsync(default))!.Step);
        Assert.Contains("cut off while loading", Restore.State!.Message, StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync($"SELECT count(*) FROM pg_database WHERE datname = '{fresh}'"));
        await _nexus.SqlAsync($"CREATE DATABASE {cut.Kept} TEMPLATE template0");
        (cut with { Step = RestoreSteps.Swapping }).Write(Restore.Directory);
        Assert.Equal(RestoreSteps.Done, (await Restore.RecoverAsync(default))!.Step);
        Assert.Null(await Restore.RecoverAsync(default));
        await DropAsync(cut.Kept);
    }

    [Fact]
    public async Task The_command_line_tries_restores_and_undoes_beside_a_running_nexus()
    {
        var backup = await _nexus.BackUpAsync();
        await _nexus.RunJobAsync(CredentialsBackupJob.Id);
        var archive = _nexus.Store.List("credentials")[0];
        var late = await _nexus.RequestAsync(5);
        var file = Path.Combine(_nexus.App.CredentialsDirectory, "one.example.credentials.json");
        await File.WriteAllTextAsync(file, "broken");
        var (code, _, error) = await _nexus.CliAsync("restore", "--database", backup.Path, "--credentials", archive.Path, "--dry-run");
        Assert.True(code == 0, error);
        Assert.Contains("1 credential file would be put back; 0 others would stay", error, StringComparison.Ordinal);
        Assert.Equal("broken", await File.ReadAllTextAsync(file));
        Assert.Equal(5, await CountAsync("SELECT count(*) FROM requests"));

        (code, var output, error) = await _nexus.CliAsync("restore", "--database", backup.Path, "--credentials", archive.Path);
        Assert.True(code == 0, error);
        Assert.Contains("request bodies byte for byte are as they were backed up", output, StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync($"SELECT count(*) FROM requests WHERE id = '{late}'"));
        Assert.Contains(BackupNexus.Canary, await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        await _nexus.RequestAsync(6);
        (code, output, error) = await _nexus.CliAsync("restore", "--undo");
        Assert.True(code == 0, error);
        Assert.Contains("The database of before is back.", output, StringComparison.Ordinal);
        Assert.Equal(1, await CountAsync($"SELECT count(*) FROM requests WHERE id = '{late}'"));
        await DropAsync(output.Split("kept as ")[1].Split(';')[0]);
        (code, _, error) = await _nexus.CliAsync("restore", "--database", "/nowhere.sql.gz");
        Assert.Equal(1, code);
        Assert.Contains("There is no file /nowhere.sql.gz. Nothing was changed.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_the_page_a_restore_starts_when_the_name_is_typed_and_its_progress_is_shown()
    {
        var backup = await _nexus.BackUpAsync();
        await _nexus.RequestAsync(5);
        var session = await DashboardSession.StartAsync(_nexus.App);
        var address = $"/dashboard/restore?name={backup.Name}";
        Assert.Contains("missing after a restore: 1 requests", WebUtility.HtmlDecode(await session.PageAsync(address)), StringComparison.Ordinal);
        Assert.Contains("What was typed is not the backup", await session.PostAsync(address, "/dashboard/restore?handler=Start", false, ("name", backup.Name), ("confirmation", "yes")), StringComparison.Ordinal);
        Assert.Null(Restore.State);
        await session.PostAsync(address, "/dashboard/restore?handler=Start", false, ("name", backup.Name), ("confirmation", backup.Name));
        await NexusApp.UntilAsync(() => Task.FromResult(Restore.State is { IsOver: true }), "the restore is over");
        Assert.Equal(RestoreSteps.Done, Restore.State!.Step);
        var state = await session.PageAsync("/dashboard/restore?handler=State", htmx: true);
        Assert.Contains($"Restore of {backup.Name}: done", state, StringComparison.Ordinal);
        Assert.DoesNotContain("hx-get", state, StringComparison.Ordinal);
        Assert.Equal(4, await CountAsync("SELECT count(*) FROM requests"));
        await DropAsync(Restore.State.Kept);
    }

    private async Task<long> CountAsync(string sql)
    {
        // Past the pool, whose sessions a swap ends.
        await using var connection = new NpgsqlConnection(_nexus.Database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task DropAsync(string database)
    {
        await using var connection = new NpgsqlConnection(_nexus.Database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"DROP DATABASE \"{database}\" WITH (FORCE)", connection);
        await command.ExecuteNonQueryAsync();
    }
}
