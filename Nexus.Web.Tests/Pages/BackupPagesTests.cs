using System.Net;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Backups;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class BackupPagesTests : IAsyncLifetime
{
    private BackupNexus _nexus = null!;
    private DashboardSession _session = null!;

    public async Task InitializeAsync()
    {
        _nexus = await BackupNexus.StartAsync();
        _session = await DashboardSession.StartAsync(_nexus.App);
    }

    public async Task DisposeAsync() => await _nexus.DisposeAsync();

    [Fact]
    public async Task A_backup_is_made_listed_verified_downloaded_and_deleted()
    {
        Assert.Contains("There is no backup yet", await _session.PageAsync("/dashboard/backups"), StringComparison.Ordinal);
        Assert.Contains("database-backup starts within seconds.", await _session.PostAsync("/dashboard/backups", "/dashboard/backups?handler=Run&job=database-backup", true), StringComparison.Ordinal);
        await NexusApp.UntilAsync(async () => (await _nexus.Jobs.RunsAsync()).Any(run => run is { Job: DatabaseBackupJob.Id, Outcome: "succeeded" }), "the backup is made");
        var page = await _session.PageAsync("/dashboard/backups", htmx: true);
        Assert.DoesNotContain("<h1>", page, StringComparison.Ordinal);
        Assert.Contains("No backup is verified yet.", page, StringComparison.Ordinal);
        await _nexus.RunJobAsync(RestoreDrillJob.Id);
        page = await _session.PageAsync("/dashboard/backups");
        Assert.Contains(">verified</span>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("notice bad", page, StringComparison.Ordinal);

        var backup = Assert.Single(_nexus.Store.List("database"));
        using (var response = await _session.SendAsync($"/dashboard/backups?handler=Download&name={backup.Name}"))
            Assert.Equal(await File.ReadAllBytesAsync(backup.Path), await response.Content.ReadAsByteArrayAsync());
        using (var outside = await _session.SendAsync("/dashboard/backups?handler=Download&name=..%2F..%2Fkeys%2Fdashboard"))
            Assert.Equal(HttpStatusCode.NotFound, outside.StatusCode);
        await _session.PostAsync("/dashboard/backups", "/dashboard/backups?handler=Delete", true, ("name", backup.Name));
        Assert.Empty(Directory.GetFiles(_nexus.Store.DirectoryOf("database")));
        Assert.Equal(2, await _nexus.NumberAsync($"SELECT count(*) FROM audit_log WHERE action IN ('backup.downloaded', 'backup.deleted') AND subject = '{backup.Name}' AND actor <> ''"));
    }

    [Fact]
    public async Task A_whole_database_leaves_for_a_reason_that_is_in_the_audit_log()
    {
        await using var nexus = await BackupNexus.StartAsync(("BREAK_GLASS", "true"));
        var backup = await nexus.BackUpAsync();
        using var boss = await Visitor.WithKeyAsync(nexus.App);
        var address = $"/dashboard/backups?handler=Download&name={backup.Name}";
        using (var asked = await boss.GetAsync(address))
            Assert.Equal("/dashboard/break-glass?returnUrl=" + Uri.EscapeDataString(address), asked.Headers.Location?.ToString());
        using (var given = await boss.PostAsync("/dashboard/break-glass", "/dashboard/break-glass", ("reason", "move to another machine")))
            Assert.Equal(HttpStatusCode.Redirect, given.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await boss.StatusAsync(address));
        Assert.Equal(1, await nexus.NumberAsync($"SELECT count(*) FROM audit_log WHERE action = 'backup.downloaded' AND subject = '{backup.Name}' AND details->>'reason' = 'move to another machine'"));
    }

    [Fact]
    public async Task A_red_banner_says_that_the_last_verified_backup_is_too_old_or_damaged()
    {
        var backup = await _nexus.BackUpAsync();
        await _nexus.RunJobAsync(RestoreDrillJob.Id);
        BackupStore.WritePrivately(backup.Path + BackupStore.ManifestSuffix, (backup.Manifest! with { MadeAt = DateTimeOffset.UtcNow.AddHours(-193) }).ToJson());
        // What the drill's run says of its file counts as well, on every node.
        Assert.Equal(1, await _nexus.NumberAsync("WITH gone AS (DELETE FROM job_runs WHERE job = 'restore-drill' RETURNING 1) SELECT count(*) FROM gone"));
        var page = await _session.PageAsync("/dashboard/backups");
        Assert.Contains("notice bad", page, StringComparison.Ordinal);
        Assert.Contains("The last verified backup is too old.", page, StringComparison.Ordinal);
        BackupStore.Record(backup, new(DateTimeOffset.UtcNow, "It is <cut> off.", null));
        Assert.Contains("It is &lt;cut&gt; off.", await _session.PageAsync("/dashboard/backups"), StringComparison.Ordinal);
    }
}
