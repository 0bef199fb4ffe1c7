using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Operations.Resources;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Resources;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class DatabasePageTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Streams.Json);
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync(), settings: ("SLOW_QUERY_THRESHOLD_MS", "0"));
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Tables_sessions_pools_and_slow_statements_are_shown()
    {
        await ExecuteAsync(ResourceSamplesTests.Seed);
        await _session.RequestAsync();
        var page = WebUtility.HtmlDecode(await _session.PageAsync("/dashboard/database"));
        Assert.Contains("<h1>Database</h1>", page, StringComparison.Ordinal);
        await NexusApp.UntilAsync(async () => (await _session.PageAsync("/dashboard/database", htmx: true)).Contains("all its lines", StringComparison.Ordinal), "the page is there");
        var fragment = "";
        await NexusApp.UntilAsync(async () => (fragment = WebUtility.HtmlDecode(await _session.PageAsync("/dashboard/database", htmx: true))).Contains("resource_samples", StringComparison.Ordinal) && !fragment.Contains("No statement took longer", StringComparison.Ordinal), "slow statements are listed");
        Assert.DoesNotContain("<h1>", fragment, StringComparison.Ordinal);
        foreach (var part in new[] { "requests<span class=\"tag\">", " partitions", "pages</th>", "scheduler</th>", "ingest</th>", "idle", "PostgreSQL does not count statements", "CREATE EXTENSION pg_stat_statements;", "autovacuum = on" })
            Assert.Contains(part, fragment, StringComparison.Ordinal);
        // The seed lets the ledger grow by 8.6 MB a day.
        Assert.Contains("+8.2 MB", fragment, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_waits_for_a_lock_is_shown_with_who_holds_it_also_when_sizes_wait_too()
    {
        var source = _nexus.Services.GetRequiredService<Database>().JobsDataSource;
        await using var holder = await source.OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using (var hold = new Npgsql.NpgsqlCommand("LOCK TABLE price_rules IN ACCESS EXCLUSIVE MODE", holder))
            await hold.ExecuteNonQueryAsync();
        using var gone = new CancellationTokenSource();
        var waiting = Task.Run(async () =>
        {
            await using var wait = source.CreateCommand("SELECT count(*) FROM price_rules /* waiting */");
            await wait.ExecuteScalarAsync(gone.Token);
        });
        var page = "";
        await NexusApp.UntilAsync(async () => (page = WebUtility.HtmlDecode(await _session.PageAsync("/dashboard/database"))).Contains("/* waiting */", StringComparison.Ordinal), "the waiting statement is shown");
        Assert.Contains("relation AccessShareLock price_rules", page, StringComparison.Ordinal);
        Assert.Contains("LOCK TABLE price_rules", page, StringComparison.Ordinal);
        Assert.Contains("idle in transaction", page, StringComparison.Ordinal);
        Assert.Contains("Sizes cannot be read at present", page, StringComparison.Ordinal);
        await transaction.RollbackAsync();
        await waiting;
        Assert.DoesNotContain("Sizes cannot be read at present", await _session.PageAsync("/dashboard/database"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bloat_is_what_deleted_rows_leave_behind()
    {
        await ExecuteAsync("""
            CREATE TABLE bloated WITH (autovacuum_enabled = false) AS SELECT i AS id, repeat('x', 100) AS words FROM generate_series(1, 40000) AS i;
            CREATE TABLE tight WITH (autovacuum_enabled = false) AS SELECT * FROM bloated;
            DELETE FROM bloated WHERE id % 4 <> 0;
            ANALYZE bloated, tight
            """);
        var tables = await _nexus.Services.GetRequiredService<DatabaseLook>().TablesAsync(CancellationToken.None);
        var (bloated, tight) = (tables.Single(table => table.Name == "bloated"), tables.Single(table => table.Name == "tight"));
        Assert.InRange(bloated.Bloat!.Value / (double)bloated.Heap, 0.65, 0.85);
        Assert.InRange(tight.Bloat!.Value / (double)tight.Heap, 0, 0.1);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _nexus.Services.GetRequiredService<Database>().JobsDataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
