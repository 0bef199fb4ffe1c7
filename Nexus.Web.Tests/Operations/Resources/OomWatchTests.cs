using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Operations.Metrics;
using Nexus.Web.Operations.Resources;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Operations.Resources;

public sealed class OomWatchTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("nexus-oom-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Kills_are_the_groups_of_either_version_or_else_the_machines()
    {
        Assert.Null(OomKills.Read(_root));
        Write("proc/vmstat", "nr_free_pages 1\noom_kill 9\n");
        Assert.Equal(new OomKills(9, false), OomKills.Read(_root));
        // A container of version 1 sees its own group at the top, whatever its path is outside.
        Write("proc/self/cgroup", "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n");
        Write("sys/fs/cgroup/memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n");
        Assert.Equal(new OomKills(4, true), OomKills.Read(_root));
        Write("sys/fs/cgroup/memory/docker/abc/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
        Assert.Equal(new OomKills(3, true), OomKills.Read(_root));
        Write("proc/self/cgroup", "0::/\n");
        Write("sys/fs/cgroup/memory.events", "low 0\nhigh 0\nmax 7\noom 2\noom_kill 2\noom_group_kill 0\n");
        Assert.Equal(new OomKills(2, true), OomKills.Read(_root));
        Write("proc/self/cgroup", "0::/system.slice/nexus.service\n");
        Write("sys/fs/cgroup/system.slice/nexus.service/memory.events", "oom_kill 1\n");
        Assert.Equal(new OomKills(1, true), OomKills.Read(_root));
    }

    [Fact]
    public async Task Those_since_the_start_are_counted_and_told_with_the_time_at_which_they_were_noticed()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream);
        var time = new FakeTimeProvider(new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero));
        var began = time.GetUtcNow();
        Write("sys/fs/cgroup/memory.events", "oom_kill 5\n");
        var watch = new OomWatch(nexus.Services.GetRequiredService<NexusMeter>(), time, NullLogger<OomWatch>.Instance, _root);
        time.Advance(TimeSpan.FromMinutes(1));
        watch.Look();
        Assert.Equal(new OomNews(began, 0, null, new(5, true)), watch.News);
        Write("sys/fs/cgroup/memory.events", "oom_kill 7\n");
        watch.Look();
        var noticed = time.GetUtcNow();
        time.Advance(TimeSpan.FromMinutes(1));
        watch.Look();
        Assert.Equal(new OomNews(began, 2, noticed, new(7, true)), watch.News);
    }

    private void Write(string path, string text)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
