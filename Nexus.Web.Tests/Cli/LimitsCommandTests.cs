using Nexus.Web.Tests.Access.Limits;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Cli;

public sealed class LimitsCommandTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-cli-").FullName;
    private string _database = "";

    public async Task InitializeAsync() => _database = await Postgres.NewDatabaseAsync();

    public Task DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Limits_are_made_listed_changed_raised_and_deleted_beside_a_running_nexus_that_goes_by_them()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.UsesWhatIsAsked();
        await using var nexus = await NexusApp.StartAsync(upstream, _database);
        await nexus.ReadyAsync();
        var (code, id, note) = await RunAsync("limits", "create", "--name", "team", "--scope", "domain", "--subject", "one.example", "--unit", "tokens", "--amount", "10", "--period", "day", "--hard", "true");
        Assert.True(code == 0, note);
        Assert.Matches("^lim_[a-z2-9]{16}$", id);
        await NexusApp.UntilAsync(async () => (await nexus.SendAsync(LimitClient.Message(1, 1, 100))).Status == 429, "the limit is in force");

        var (_, list, _) = await RunAsync("limits", "list");
        Assert.Contains($"{id}\thard\tteam\tdomain 'one.example'\t", list, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("limits", "raise", id, "--by", "1000000", "--until", "2h", "--reason", "release")).Code);
        await NexusApp.UntilAsync(async () => (await nexus.SendAsync(LimitClient.Message(1, 1, 100))).Status == 200, "the raise is in force");
        Assert.Equal(0, (await RunAsync("limits", "raise", id, "--by", "0")).Code);
        await NexusApp.UntilAsync(async () => (await nexus.SendAsync(LimitClient.Message(1, 1, 100))).Status == 429, "the raise has ended");

        // What is not named stays; "none" takes away.
        Assert.Equal(0, (await RunAsync("limits", "change", id, "--amount", "none", "--streams", "3")).Code);
        (_, list, _) = await RunAsync("limits", "list");
        Assert.Contains($"{id}\thard\tteam\tdomain 'one.example'\t-\t-\t-\t-\t-\t-\t3", list, StringComparison.Ordinal);
        await NexusApp.UntilAsync(async () => (await nexus.SendAsync(LimitClient.Message(1, 1, 100))).Status == 200, "there is no budget any more");
        Assert.Equal(0, (await RunAsync("limits", "delete", id)).Code);
        (code, _, var unknown) = await RunAsync("limits", "delete", id);
        Assert.Equal(1, code);
        Assert.Contains($"There is no limit '{id}'", unknown, StringComparison.Ordinal);
        Assert.Equal(5L, await LimitClient.ScalarAsync<long>(_database, "SELECT count(*) FROM audit_log WHERE action LIKE 'limit.%' AND actor = (SELECT actor FROM audit_log WHERE action = 'limit.created')"));
    }

    [Theory]
    [InlineData("scope: ", "--name", "x", "--scope", "team", "--amount", "5")]
    [InlineData("--amount: '5,5' is not an amount", "--name", "x", "--scope", "all", "--amount", "5,5")]
    [InlineData("--amount: '0.0000001' is not an amount", "--name", "x", "--scope", "all", "--amount", "0.0000001")]
    [InlineData("--streams: '-1' is not a whole number", "--name", "x", "--scope", "all", "--streams", "-1")]
    [InlineData("Nothing is limited", "--name", "x", "--scope", "all")]
    [InlineData("--scope", "--name", "x")]
    public async Task What_is_wrong_is_said_and_nothing_is_saved(string said, params string[] options)
    {
        var (code, _, error) = await RunAsync(["limits", "create", .. options]);
        Assert.Equal(1, code);
        Assert.Contains(said, error, StringComparison.Ordinal);
        Assert.Equal(0L, await LimitClient.ScalarAsync<long>(_database, "SELECT count(*) FROM limits"));
    }

    [Theory]
    [InlineData("12.50", "usd", 12_500_000L)]
    [InlineData("0.000001", "usd", 1L)]
    [InlineData("12", "tokens", 12L)]
    [InlineData("none", "usd", null)]
    public void Amounts_are_dollars_or_tokens(string text, string unit, long? amount) => Assert.Equal(amount, Web.Cli.LimitOptionSet.Amount(text, unit, "--amount"));

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var (code, output, error) = await Scripts.RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "Nexus.Web.dll"), .. arguments], _directory, new Dictionary<string, string?> { ["DATA_DIR"] = _directory, ["DATABASE_URL"] = _database });
        return (code, output.Trim(), error.Trim());
    }
}
