using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Backups.PointInTime;
using Nexus.Web.Operations.Restores;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Jobs;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Operations.Backups.PointInTime;

/// <summary>The private PostgreSQL with BACKUP_PITR: somebody deletes the ledger, and it comes back as of the moment before.</summary>
public sealed class MomentBackupTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-pitr-").FullName;
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    private string Database => _nexus.Services.GetRequiredService<Database>().Settings.ConnectionString;

    public async Task InitializeAsync()
    {
        // As root the private server runs as another user, which must be able to reach its directory.
        File.SetUnixFileMode(_directory, (UnixFileMode)0b111_001_001);
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Streams.Json);
        _nexus = await NexusApp.StartAsync(_upstream, "", _directory, ("BACKUP_PITR", "true"));
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task The_database_comes_back_as_it_was_at_a_moment_before_the_mistake()
    {
        var moments = _nexus.Services.GetRequiredService<MomentBackup>();
        Assert.Contains("no base backup yet", (await Assert.ThrowsAsync<InvalidOperationException>(() => AtAsync(moments, null))).Message, StringComparison.Ordinal);
        var jobs = new JobHistory(_nexus);
        await jobs.ServingAsync();
        var first = await StoredAsync();
        await jobs.StateAsync(jobs.Trigger(BaseBackupJob.Id), "Succeeded");
        var second = await StoredAsync();
        var before = await NowAsync();
        var third = await StoredAsync();
        await ExecuteAsync("DELETE FROM requests; DELETE FROM request_payloads");

        Assert.Contains("is yet to come", (await Assert.ThrowsAsync<InvalidOperationException>(() => AtAsync(moments, before.AddDays(1)))).Message, StringComparison.Ordinal);
        Assert.Contains("too long ago", (await Assert.ThrowsAsync<InvalidOperationException>(() => AtAsync(moments, before.AddDays(-1)))).Message, StringComparison.Ordinal);
        var made = await AtAsync(moments, before);
        Assert.Equal(("moment", before), (made.Kind, made.MadeAt));
        Assert.Equal(second, made.Database!.Newest!.Id);
        Assert.Equal([first, second], made.Database.Samples.Select(sample => sample.Id).Order());
        Assert.Equal(0, (await AtAsync(moments, null)).Database!.Rows.Where(table => table.Key.StartsWith("requests", StringComparison.Ordinal)).Sum(table => table.Value));
        Assert.NotEqual(second, third);
        // Who is about to put a whole backup back is told of what loses less.
        await using (var connection = await _nexus.Services.GetRequiredService<Database>().JobsDataSource.OpenConnectionAsync())
        {
            var whole = await _nexus.Services.GetRequiredService<DatabaseBackup>().RunAsync(connection, new(), _ => Task.CompletedTask, default);
            var path = _nexus.Services.GetRequiredService<BackupStore>().Find(whole.File)!.Path;
            Assert.Contains("Less is lost by a moment: every one since ", await _nexus.Services.GetRequiredService<DatabaseRestore>().PreviewAsync(new(path, null, Actor.CommandLine), default), StringComparison.Ordinal);
        }


        // After a complete loss nobody knows the base backup's password, and a new cluster begins anew beside the old one's archive.
        await _nexus.DisposeAsync();
        Directory.Delete(Path.Combine(_directory, "postgres", "cluster"), recursive: true);
        File.Delete(Path.Combine(_directory, "postgres", "pgpass"));
        _nexus = await NexusApp.StartAsync(_upstream, "", _directory, ("BACKUP_PITR", "true"));
        await _nexus.ReadyAsync();
        var saved = await AtAsync(_nexus.Services.GetRequiredService<MomentBackup>(), before);
        Assert.Equal(made.Database.Rows, saved.Database!.Rows);

        // It is a backup like every other: restored, it is the database of that moment.
        var restored = await BackupNexus.EmptyAsync();
        await BackupNexus.ShellAsync($"gunzip < {Path.Combine(_directory, "backups", "database", made.File)} | psql -X -q -v ON_ERROR_STOP=1", restored);
        Assert.Equal(2, await Usage.LedgerSums.NumberAsync(restored, "SELECT count(*) FROM requests"));
        Assert.False(Directory.Exists(Path.Combine(_directory, "postgres", "pitr", "recovery")));
    }

    [Fact]
    public async Task A_segment_is_archived_once_and_one_that_differs_is_never_replaced()
    {
        var script = Path.Combine(_directory, "postgres", "archive-wal");
        var (segment, archived) = (Path.Combine(_directory, "segment"), Path.Combine(Directory.GetDirectories(Path.Combine(_directory, "postgres", "pitr")).Single(), "wal", "0000000100000000000000FF.gz"));
        await File.WriteAllTextAsync(segment, "wal");
        Task<(int Code, string Output, string Error)> ArchiveAsync() => Scripts.RunAsync(script, [segment, "0000000100000000000000FF"], "/", new Dictionary<string, string?>());
        Assert.Equal(0, (await ArchiveAsync()).Code);
        Assert.Equal(0, (await ArchiveAsync()).Code);
        var before = await File.ReadAllBytesAsync(archived);
        await File.WriteAllTextAsync(segment, "other");
        Assert.NotEqual(0, (await ArchiveAsync()).Code);
        Assert.Equal(before, await File.ReadAllBytesAsync(archived));
    }

    private static Task<BackupManifest> AtAsync(MomentBackup moments, DateTimeOffset? at) => moments.RunAsync(at, _ => Task.CompletedTask, CancellationToken.None);

    private async Task<Guid> StoredAsync()
    {
        var id = Guid.Parse(await _nexus.MessageAsync("""{"model":"claude-haiku-4-5","messages":[{"role":"user","content":"hello"}]}"""));
        await using var stored = StoredRequests.Open(Database);
        await stored.RowAsync(id);
        return id;
    }

    /// <summary>By the server's clock, which is what its WAL says.</summary>
    private async Task<DateTimeOffset> NowAsync()
    {
        await using var source = NpgsqlDataSource.Create(Database);
        await using var command = source.CreateCommand("SELECT clock_timestamp()");
        return new((DateTime)(await command.ExecuteScalarAsync())!);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(Database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
