using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Usage;
using Xunit;

namespace Nexus.Web.Tests.Cli;

public sealed class PricesCommandTests : IAsyncLifetime
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
    public async Task Prices_are_listed_exported_imported_and_stored_requests_re_priced_beside_a_running_nexus()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("application/json", Streams.Json);
        await using var nexus = await NexusApp.StartAsync(upstream, _database);
        await nexus.ReadyAsync();
        await nexus.MessageAsync("""{"model":"claude-haiku-4-5","messages":[]}""");
        await NexusApp.UntilAsync(async () => await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM requests WHERE cost_micros = 35") == 1, "the request is costed");

        var (code, list, error) = await RunAsync("prices", "list");
        Assert.True(code == 0, error);
        Assert.Contains("claude-sonnet-5, served before 2026-09-01\t$2\t$10\t$0.2\t$2.5\t$4", list, StringComparison.Ordinal);
        var (_, exported, _) = await RunAsync("prices", "export");
        var file = Path.Combine(_directory, "prices.json");
        await File.WriteAllTextAsync(file, exported.Replace("\"output\": 5,", "\"output\": 7,", StringComparison.Ordinal));
        (_, var imported, error) = await RunAsync("prices", "import", file, "--note", "haiku's output");
        Assert.Equal("Version 2 is in force, with 12 rules.", imported);
        (code, _, error) = await RunAsync("prices", "import", file, "--note", "again");
        Assert.Equal(1, code);
        Assert.Contains("while you edited version 1", error, StringComparison.Ordinal);

        (_, var preview, _) = await RunAsync("prices", "reprice", "--from", "2020-01-01", "--dry-run");
        Assert.Contains("claude-haiku-4-5\t1\t1\t$0.000035\t$0.000045", preview, StringComparison.Ordinal);
        Assert.Equal(35, await LedgerSums.NumberAsync(_database, "SELECT sum(cost_micros)::bigint FROM requests"));
        (code, var done, error) = await RunAsync("prices", "reprice", "--from", "2020-01-01");
        Assert.True(code == 0, error);
        Assert.EndsWith("Costed by version 2: 1 request, $0.000035 before, $0.000045 after.", done, StringComparison.Ordinal);
        Assert.Equal(45, await LedgerSums.NumberAsync(_database, "SELECT sum(cost_micros)::bigint FROM requests WHERE price_version = 2"));
        await LedgerSums.AssertEqualRollupsAsync(_database);
        Assert.Equal(2, await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM audit_log WHERE actor = 'cli' AND action IN ('prices.changed', 'prices.repriced')"));
    }

    [Theory]
    [InlineData("--from", "yesterday", "'yesterday' is no time")]
    [InlineData("--from", "2999-01-01", "--from must be before --to")]
    public async Task A_period_that_is_none_is_refused_in_words(string option, string value, string words)
    {
        var (code, _, error) = await RunAsync("prices", "reprice", option, value);
        Assert.Equal(1, code);
        Assert.Contains(words, error, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var (code, output, error) = await Scripts.RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "Nexus.Web.dll"), .. arguments], _directory, new Dictionary<string, string?> { ["DATA_DIR"] = _directory, ["DATABASE_URL"] = _database });
        return (code, output.Trim(), error.Trim());
    }
}
