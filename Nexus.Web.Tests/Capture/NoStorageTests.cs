using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Capture;

public sealed class NoStorageTests
{
    [Fact]
    public async Task With_storage_off_everything_is_proxied_nothing_is_kept_and_the_pages_say_so()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("text/event-stream", Streams.Whole);
        var database = await Postgres.NewDatabaseAsync();
        var directory = Directory.CreateTempSubdirectory("nexus-off-").FullName;
        await using (var nexus = await NexusApp.StartAsync(upstream, database, directory, ("STORAGE_ENABLED", "false")))
        {
            await nexus.ReadyAsync();
            Assert.True(Guid.TryParse(await nexus.MessageAsync("{}"), out _));
            Assert.Single(upstream.Requests);
            using (var health = await nexus.Proxy.GetAsync("/health"))
                Assert.Contains("\"journal\":null", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            var session = await DashboardSession.StartAsync(nexus);
            foreach (var page in new[] { "/dashboard", "/dashboard/requests" })
                Assert.Contains("STORAGE_ENABLED=false", await session.PageAsync(page), StringComparison.Ordinal);
            await using var stored = StoredRequests.Open(database);
            Assert.Empty(await stored.AllAsync());
        }

        Assert.False(Directory.Exists(Path.Combine(directory, "journal")));
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task With_storage_on_no_page_speaks_of_it()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync());
        await nexus.ReadyAsync();
        var session = await DashboardSession.StartAsync(nexus);
        Assert.DoesNotContain("STORAGE_ENABLED", await session.PageAsync("/dashboard"), StringComparison.Ordinal);
    }
}
