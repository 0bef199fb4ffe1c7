using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Credentials.Pool;

public sealed class AccountStateFeedTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("nexus-states-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public async Task A_state_that_could_not_be_filed_is_filed_once_it_can_be()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, null, _home);
        // A directory where the file beside it would be made: as root, modes keep nobody out.
        var inTheWay = Directory.CreateDirectory(Path.Combine(_home, "keys", "accounts.sealed.new"));
        nexus.Services.GetRequiredService<AccountStates>().Of("a").Change(known => known.WithMode(AccountMode.Paused, "tester", DateTimeOffset.UtcNow));
        var feed = nexus.Services.GetRequiredService<AccountStateFeed>();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => feed.SaveAsync(CancellationToken.None))));
        Assert.False(File.Exists(Path.Combine(_home, "keys", "accounts.sealed")));
        inTheWay.Delete();
        await NexusApp.UntilAsync(() => Task.FromResult(File.Exists(Path.Combine(_home, "keys", "accounts.sealed"))), "the beat has filed the state");
    }
}
