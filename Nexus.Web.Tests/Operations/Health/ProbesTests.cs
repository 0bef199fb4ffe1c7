using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexus.Web.Capture.Journaling;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Health;
using Nexus.Web.Operations.Health.Probes;
using Xunit;

namespace Nexus.Web.Tests.Operations.Health;

public sealed class ProbesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, 100, 0, true, HealthStatus.Healthy)]
    [InlineData(5, 100, 30, true, HealthStatus.Healthy)]
    [InlineData(5, 100, 121, true, HealthStatus.Degraded)]
    [InlineData(5, 801, 1, true, HealthStatus.Degraded)]
    [InlineData(5, 1001, 1, true, HealthStatus.Unhealthy)]
    [InlineData(0, 100, 0, false, HealthStatus.Unhealthy)]
    public void A_journal_is_judged_by_its_age_its_size_and_whether_the_disk_takes_it(long backlog, long bytes, int age, bool writable, HealthStatus expected)
    {
        var finding = JournalProbe.Judge(new(backlog, bytes, backlog > 0 ? Now.AddSeconds(-age) : null, 0, 0, 0, writable), 1000, Now);
        Assert.Equal(expected, finding.Status);
        Assert.Equal(expected == HealthStatus.Healthy, finding.Fix is null);
    }

    [Theory]
    [InlineData(100L << 30, 200L << 30, HealthStatus.Healthy)]
    [InlineData(9L << 30, 200L << 30, HealthStatus.Degraded)]
    [InlineData(1L << 30, 4L << 30, HealthStatus.Degraded)]
    [InlineData(100L << 20, 200L << 30, HealthStatus.Unhealthy)]
    public void A_disk_is_judged_by_what_is_free_in_bytes_and_as_a_share(long free, long size, HealthStatus expected) => Assert.Equal(expected, DiskProbe.Judge("/data", free, size).Status);

    [Fact]
    public void Memory_is_the_cgroups_of_either_version_less_what_is_cached_or_else_the_machines()
    {
        var root = Directory.CreateTempSubdirectory("nexus-cgroup-").FullName;
        Write("proc/meminfo", "MemTotal:       1000 kB\nMemFree:  1 kB\nMemAvailable:    400 kB\n");
        Assert.Equal(new MemoryUse(600 * 1024, 1000 * 1024, false), MemoryUse.Read(root));

        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "500000\n");
        Write("sys/fs/cgroup/memory/memory.usage_in_bytes", "300000\n");
        Write("sys/fs/cgroup/memory/memory.stat", "cache 5\ninactive_file 1\ntotal_inactive_file 100000\n");
        Assert.Equal(new MemoryUse(200_000, 500_000, true), MemoryUse.Read(root));

        Write("proc/self/cgroup", "0::/nexus.slice\n");
        Write("sys/fs/cgroup/nexus.slice/memory.max", "max\n");
        Assert.Equal(500_000, MemoryUse.Read(root).Limit);
        Write("sys/fs/cgroup/nexus.slice/memory.max", "400000\n");
        Write("sys/fs/cgroup/nexus.slice/memory.current", "390000\n");
        Write("sys/fs/cgroup/nexus.slice/memory.stat", "anon 7\ninactive_file 2000\n");
        var use = MemoryUse.Read(root);
        Assert.Equal(new MemoryUse(388_000, 400_000, true), use);
        Assert.Equal(HealthStatus.Unhealthy, MemoryProbe.Judge(use, 1).Status);
        Directory.Delete(root, recursive: true);

        void Write(string path, string text)
        {
            var file = Path.Combine(root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }
    }

    [Theory]
    [InlineData(0.2, 1.0, HealthStatus.Healthy)]
    [InlineData(-6.0, null, HealthStatus.Degraded)]
    [InlineData(null, 90.0, HealthStatus.Unhealthy)]
    [InlineData(null, null, HealthStatus.Healthy)]
    public void A_clock_is_judged_by_the_one_it_is_farthest_from(double? database, double? upstream, HealthStatus expected)
    {
        TimeSpan? Of(double? seconds) => seconds is { } known ? TimeSpan.FromSeconds(known) : null;
        Assert.Equal(expected, ClockProbe.Judge(Of(database), Of(upstream)).Status);
    }

    [Theory]
    [InlineData(-1, 90, HealthStatus.Healthy)]
    [InlineData(-80, 13, HealthStatus.Degraded)]
    [InlineData(-91, -1, HealthStatus.Unhealthy)]
    [InlineData(1, 90, HealthStatus.Unhealthy)]
    public void A_certificate_is_judged_by_the_days_that_it_is_still_good(int from, int until, HealthStatus expected) =>
        Assert.Equal(expected, CertificateProbe.Judge("nexus.example", Now.AddDays(from), Now.AddDays(until), Now).Status);

    [Fact]
    public void Backups_are_judged_by_the_newest_that_was_verified_and_by_the_last_drill()
    {
        var most = TimeSpan.FromHours(192);
        StoredBackup Made(int hours, Verification? verified) => new($"/b/backup-{hours}", null, 1, Now.AddHours(-hours), verified);
        var good = new Verification(Now, null, null);
        Assert.Equal(HealthStatus.Degraded, BackupsProbe.Judge(BackupState.Of([]), most, Now).Status);
        Assert.Equal(HealthStatus.Degraded, BackupsProbe.Judge(BackupState.Of([Made(1, null)]), most, Now).Status);
        Assert.Equal(HealthStatus.Unhealthy, BackupsProbe.Judge(BackupState.Of([Made(1, null), Made(193, null)]), most, Now).Status);
        Assert.Equal(HealthStatus.Healthy, BackupsProbe.Judge(BackupState.Of([Made(1, null), Made(25, good)]), most, Now).Status);
        Assert.Equal(HealthStatus.Unhealthy, BackupsProbe.Judge(BackupState.Of([Made(1, null), Made(193, good)]), most, Now).Status);
        Assert.Contains("two bytes", BackupsProbe.Judge(BackupState.Of([Made(1, new(Now, "two bytes differ", null)), Made(25, good)]), most, Now).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Jobs_are_judged_by_how_they_last_ended_and_by_whether_any_is_overdue()
    {
        var next = new Dictionary<string, DateTimeOffset?> { ["vacuum"] = Now.AddHours(1), ["partitions"] = null };
        JobFigure Ended(string outcome) => new("vacuum", outcome, 1, Now, 0);
        Assert.Equal(HealthStatus.Healthy, JobsProbe.Judge([Ended("succeeded")], next, Now).Status);
        Assert.Equal(HealthStatus.Degraded, JobsProbe.Judge([Ended("timed_out")], next, Now).Status);
        // Killed with its node is a failure too, here as on the overview and in alerts.
        Assert.Equal(HealthStatus.Degraded, JobsProbe.Judge([Ended("interrupted")], next, Now).Status);
        Assert.Equal(HealthStatus.Healthy, JobsProbe.Judge([Ended("stopped")], next, Now).Status);
        next["partitions"] = Now.AddMinutes(-20);
        Assert.Equal(HealthStatus.Unhealthy, JobsProbe.Judge([Ended("succeeded")], next, Now).Status);
    }

    [Fact]
    public async Task A_look_that_never_comes_back_is_left_behind_when_its_time_is_up()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        var finding = await ProbeCheck.LookAsync("Disk", async _ =>
        {
            await new TaskCompletionSource().Task;
            return Finding.Ok("");
        }, limit.Token);
        Assert.Equal(HealthStatus.Unhealthy, finding.Status);
        Assert.Contains("did not answer in time", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_lies_on_the_deepest_mount_above_it_and_of_two_on_one_place_on_the_later()
    {
        var table = new MountTable(
        [
            "22 1 0:21 / / rw,relatime shared:1 - overlay overlay rw,lowerdir=/x",
            "30 22 0:30 / /app/data rw - ext4 /dev/sda1 rw",
            "31 22 0:31 / /app/credentials ro,nosuid - ext4 /dev/sdb1 rw",
            "32 22 0:32 / /with\\040space rw master:3 propagate_from:2 - tmpfs tmpfs ro",
            "33 22 0:33 / /app/data rw - xfs /dev/sdc1 rw",
            "not a line",
        ]);
        Assert.Equal(new Mount("/app/data", "xfs", false), table.Of("/app/data/journal"));
        Assert.Equal(new Mount("/app/credentials", "ext4", true), table.Of("/app/credentials"));
        Assert.Equal(new Mount("/", "overlay", false), table.Of("/app/datasheet"));
        Assert.Equal(new Mount("/with space", "tmpfs", true), table.Of("/with space/a"));
    }
}
