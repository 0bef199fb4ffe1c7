using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Operations.Alerts;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Health.Probes;
using Nexus.Web.Storage;
using Xunit;

namespace Nexus.Web.Tests.Operations.Alerts;

/// <summary>What a node says of backups, of its own files and of other nodes' runs.</summary>
public sealed class BackupReadingsTests : IAsyncLifetime
{
    /// <summary>Long past: the clock's own runs are none of the first.</summary>
    private static readonly DateTimeOffset Now = new(2020, 3, 20, 12, 0, 0, TimeSpan.Zero);
    private AlertNexus _nexus = null!;
    private BackupReadings _readings = null!;

    public async Task InitializeAsync()
    {
        _nexus = await AlertNexus.StartAsync();
        await _nexus.App.ReadyAsync();
        var services = _nexus.App.Services;
        _readings = new(services.GetRequiredService<Database>(), services.GetRequiredService<BackupStore>(), Options.Create(new BackupOptions { MaxAgeHours = 200 }), new FakeTimeProvider(Now));
    }

    public async Task DisposeAsync() => await _nexus.DisposeAsync();

    [Fact]
    public async Task That_none_was_ever_made_is_news_a_day_after_jobs_began_to_run_unless_nobody_asked_for_any()
    {
        var rule = AlertRules.Find(BackupReadings.Missing)!;
        await RunAsync("vacuum", Now.AddHours(-25));
        Assert.False(rule.Holds(Assert.Single(await ReadAsync()).Value));
        await RunAsync("retention", Now.AddHours(-27));
        var missing = Assert.Single(await ReadAsync());
        Assert.Equal((BackupReadings.Missing, true), (missing.Rule, rule.Holds(missing.Value)));
        Assert.Contains("27 hours", missing.Says, StringComparison.Ordinal);
        await _nexus.SqlAsync("INSERT INTO job_settings (job, cron, time_box_minutes, retry_attempts, retry_after_seconds, paused, updated_by, updated_at) VALUES ('database-backup', '25 0 * * *', 60, 1, 60, true, 'ada', now())");
        Assert.Empty(await ReadAsync());
        await _nexus.SqlAsync("UPDATE job_settings SET paused = false");
        await RunAsync("database-backup", Now.AddHours(-1));
        Assert.Empty(await ReadAsync());
    }

    [Fact]
    public async Task A_node_without_files_goes_by_the_drill_of_another()
    {
        await RunAsync("database-backup", Now.AddHours(-300));
        Assert.Equal("backup", Assert.Single(await ReadAsync()).Rule);
        await RunAsync("restore-drill", Now.AddHours(-10), """[{"file":"backup-20200319-002500.sql.gz","at":"2020-03-19T05:30:00Z"},{"file":"credentials-20200319-002000.tar.gz","at":"2020-03-19T05:31:00Z"}]""");
        Assert.Empty(await ReadAsync());
        await AssertPagesAgreeAsync(HealthStatus.Healthy);
        // What was restored then is what counts, and not when.
        await _nexus.SqlAsync("DELETE FROM job_runs WHERE job = 'restore-drill'");
        await RunAsync("restore-drill", Now.AddHours(-10), """[{"file":"backup-20200101-002500.sql.gz","at":"2020-03-20T02:00:00Z"}]""");
        Assert.Contains("younger than 200 hours", Assert.Single(await ReadAsync()).Says, StringComparison.Ordinal);
        await AssertPagesAgreeAsync(HealthStatus.Unhealthy);
    }

    [Fact]
    public async Task Damage_that_this_node_found_is_over_when_another_has_restored_a_backup_since()
    {
        var store = _nexus.App.Services.GetRequiredService<BackupStore>();
        var path = store.NewPath("database", "sql.gz", Now.AddDays(-1));
        await File.WriteAllTextAsync(path, "a backup");
        BackupStore.Record(BackupStore.Read(path), new(Now.AddHours(-6), "line 7 is cut short", null));
        Assert.Contains("line 7 is cut short", Assert.Single(await ReadAsync()).Says, StringComparison.Ordinal);
        await AssertPagesAgreeAsync(HealthStatus.Unhealthy);
        await RunAsync("restore-drill", Now.AddHours(-5), """[{"file":"backup-20200320-002500.sql.gz","at":"2020-03-20T07:00:00Z"}]""");
        Assert.Empty(await ReadAsync());
        await AssertPagesAgreeAsync(HealthStatus.Healthy);
    }

    /// <summary>The check goes by what the alert goes by.</summary>
    private async Task AssertPagesAgreeAsync(HealthStatus status)
    {
        var services = _nexus.App.Services;
        var probe = new BackupsProbe(services.GetRequiredService<BackupStore>(), services, Options.Create(new BackupOptions { MaxAgeHours = 200 }), new FakeTimeProvider(Now));
        Assert.Equal(status, (await probe.LookAsync(CancellationToken.None)).Status);
    }

    private Task<IReadOnlyList<Reading>> ReadAsync() => _readings.ReadAsync(CancellationToken.None);

    private Task RunAsync(string job, DateTimeOffset at, string result = "[]") =>
        _nexus.SqlAsync($"INSERT INTO job_runs (id, job, node, by_hand, started_at, finished_at, outcome, result) VALUES (gen_random_uuid(), '{job}', 'elsewhere', false, '{at:O}', '{at:O}', 'succeeded', '{result}')");
}
