using Nexus.Web.Operations.Backups;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Operations.Backups;

public sealed class RestoreDrillTests : IAsyncLifetime
{
    private BackupNexus _nexus = null!;

    public async Task InitializeAsync() => _nexus = await BackupNexus.StartAsync();

    public async Task DisposeAsync() => await _nexus.DisposeAsync();

    [Fact]
    public async Task A_sound_backup_is_verified_whatever_has_come_since_and_the_scratch_is_gone()
    {
        await _nexus.RunJobAsync(CredentialsBackupJob.Id);
        await _nexus.BackUpAsync();
        await _nexus.RequestAsync(5);
        var summary = await _nexus.RunJobAsync(RestoreDrillJob.Id);
        Assert.Contains("the newest request and 4 request bodies byte for byte are as they were backed up", summary, StringComparison.Ordinal);
        Assert.Contains("1 file as backed up", summary, StringComparison.Ordinal);
        Assert.All(_nexus.Store.List("database").Concat(_nexus.Store.List("credentials")), backup => Assert.Null(Assert.IsType<Verification>(backup.Verified).Problem));
        Assert.Equal(0, await _nexus.NumberAsync($"SELECT count(*) FROM pg_database WHERE datname = '{ScratchDatabase.NameFor("drill", new Npgsql.NpgsqlConnectionStringBuilder(_nexus.Database).Database!)}'"));
        Assert.False(Directory.Exists(Path.Combine(_nexus.Store.DirectoryOf("credentials"), ".drill")));
        Assert.Equal(5, await _nexus.NumberAsync("SELECT count(*) FROM requests"));
    }

    [Fact]
    public async Task A_truncated_dump_fails_and_it_is_said_where_it_ends()
    {
        var backup = await _nexus.BackUpAsync();
        await using (var file = File.OpenWrite(backup.Path))
            file.SetLength(backup.Bytes - 100);
        Assert.Contains($"{backup.Name} is cut off: it ends at byte {backup.Bytes - 100} of {backup.Bytes}.", await FailAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_flipped_byte_fails_and_it_is_said_in_which_block()
    {
        var backup = await _nexus.BackUpAsync();
        var bytes = await File.ReadAllBytesAsync(backup.Path);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(backup.Path, bytes);
        Assert.Contains($"{backup.Name} is damaged between bytes 0 and {bytes.Length}", await FailAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_that_was_missing_before_the_backup_was_made_fails_and_is_named()
    {
        await _nexus.SqlAsync("DELETE FROM content_parts WHERE hash = (SELECT substring(parts FOR 32) FROM request_payloads ORDER BY started_at LIMIT 1)");
        await _nexus.BackUpAsync();
        Assert.Matches("Request [0-9a-f-]{36} names the part [0-9a-f]{64}, which is missing in content_parts", await FailAsync());
    }

    [Fact]
    public async Task A_row_too_few_another_newest_row_and_another_body_fail_and_are_named()
    {
        await _nexus.BackUpAsync();
        await RewriteAsync(sql => sql, manifest => manifest with { Database = manifest.Database! with { Rows = Less(manifest.Database.Rows, "client_keys", -1) } });
        Assert.Contains("client_keys has 0 rows, 1 were backed up.", await FailAsync(), StringComparison.Ordinal);
        var backup = await _nexus.BackUpAsync();
        await RewriteAsync(sql => sql.Replace("\tclaude-haiku-4-5\t", "\tclaude-haiku-4-6\t", StringComparison.Ordinal), manifest => manifest);
        Assert.Contains("its row differs", await FailAsync(), StringComparison.Ordinal);
        Assert.NotEmpty(backup.Name);
        await _nexus.BackUpAsync();
        await RewriteAsync(sql => sql, manifest => manifest with { Database = manifest.Database! with { Samples = [manifest.Database.Samples[0] with { Sha256 = "00" }] } });
        Assert.Contains("The body of request", await FailAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dump_that_psql_refuses_fails_with_its_words_and_line()
    {
        await _nexus.BackUpAsync();
        await RewriteAsync(sql => sql.Replace("COPY public.audit_log", "COPY public.audit_lag", StringComparison.Ordinal), manifest => manifest);
        Assert.Contains("relation \"public.audit_lag\" does not exist", await FailAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_backup_it_is_said_to_make_one()
    {
        _nexus.Jobs.Trigger(RestoreDrillJob.Id);
        await NexusApp.UntilAsync(async () => (await _nexus.Jobs.RunsAsync()).Any(run => run is { Job: RestoreDrillJob.Id, Outcome: "failed" } && run.Error!.Contains("run database-backup first", StringComparison.Ordinal)), "the drill has said so");
    }

    /// <summary>The drill fails; why, as the backup remembers it and the run says it.</summary>
    private async Task<string> FailAsync()
    {
        var id = _nexus.Jobs.Trigger(RestoreDrillJob.Id);
        await NexusApp.UntilAsync(async () => (await _nexus.Jobs.RunsAsync()).Any(run => run is { Job: RestoreDrillJob.Id, Outcome: "failed" }), "the drill has failed");
        var problem = _nexus.Store.List("database")[0].Verified!.Problem!;
        Assert.Contains(problem, (await _nexus.Jobs.RunsAsync()).Last(run => run.Outcome == "failed").Error, StringComparison.Ordinal);
        new Hangfire.BackgroundJobClient(_nexus.Jobs.Hangfire).ChangeState(id, new Hangfire.States.DeletedState(), null);
        await _nexus.SqlAsync("DELETE FROM job_runs");
        return problem;
    }

    private static Dictionary<string, long> Less(IReadOnlyDictionary<string, long> rows, string table, int less = 1) => rows.ToDictionary(pair => pair.Key, pair => pair.Value - (pair.Key == table ? less : 0));

    /// <summary>Makes of the newest backup one of other content, with the checksums that belong to it.</summary>
    private async Task RewriteAsync(Func<string, string> edit, Func<BackupManifest, BackupManifest> change)
    {
        var backup = _nexus.Store.List("database")[0];
        string sql;
        await using (var gzip = new System.IO.Compression.GZipStream(File.OpenRead(backup.Path), System.IO.Compression.CompressionMode.Decompress))
        using (var reader = new StreamReader(gzip))
            sql = await reader.ReadToEndAsync();
        FileSums sums;
        await using (var file = new CheckedFile(backup.Path))
        {
            await using (var gzip = new System.IO.Compression.GZipStream(file, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
                await gzip.WriteAsync(System.Text.Encoding.UTF8.GetBytes(edit(sql)));
            sums = file.Complete();
        }

        BackupStore.WritePrivately(backup.Path + BackupStore.ManifestSuffix, (change(backup.Manifest!) with { Sums = sums }).ToJson());
    }
}
