using System.Net;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Pages.Offline;

/// <summary>A database that is there and keeps a page waiting: a lock on the ledger is a statement that takes for ever.</summary>
public sealed class SlowDatabaseTests
{
    [Theory]
    [InlineData("Command Timeout=2")]
    [InlineData("Options=-c lock_timeout=0 -c statement_timeout=2000")]
    public async Task A_page_that_took_too_long_says_so_and_shows_nothing_old_as_if_the_database_were_away(string setting)
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        var database = await Postgres.NewDatabaseAsync();
        await using var nexus = await NexusApp.StartAsync(upstream, $"{database};{setting}");
        await nexus.ReadyAsync();
        using var visitor = await Visitor.WithKeyAsync(nexus);
        await NexusApp.UntilAsync(async () => await visitor.StatusAsync("/dashboard/requests") == HttpStatusCode.OK, "the page is seen, and kept");

        await using (var other = new NpgsqlConnection(database + ";Pooling=false"))
        {
            await other.OpenAsync();
            await using var transaction = await other.BeginTransactionAsync();
            await using (var hold = new NpgsqlCommand("LOCK TABLE requests IN ACCESS EXCLUSIVE MODE", other, transaction))
                await hold.ExecuteNonQueryAsync();
            var page = await SlowAsync(visitor, "/dashboard/requests");
            Assert.Contains("<h1>This page could not be made in time</h1>", page, StringComparison.Ordinal);
            Assert.Contains("<a href=\"/dashboard/requests\">try again</a>", page, StringComparison.Ordinal);
            Assert.DoesNotContain("away", page.Replace("away-page", "", StringComparison.Ordinal), StringComparison.Ordinal);
            var part = await SlowAsync(visitor, "/dashboard/requests", ("HX-Request", "true"));
            Assert.StartsWith("<div class=\"notice bad\" role=\"alert\" data-slow>", part.TrimStart(), StringComparison.Ordinal);
            Assert.Contains("\"code\":\"database_slow\"", await SlowAsync(visitor, "/api/requests?domain=one.example", ("X-Dashboard-Key", NexusApp.Key)), StringComparison.Ordinal);
            await transaction.RollbackAsync();
        }

        await NexusApp.UntilAsync(async () => await visitor.StatusAsync("/dashboard/requests") == HttpStatusCode.OK, "the page is there again");
    }

    /// <summary>Again where the machine was so slow that the database seemed to be away.</summary>
    private static async Task<string> SlowAsync(Visitor visitor, string path, params (string Name, string Value)[] headers)
    {
        var body = "";
        await NexusApp.UntilAsync(async () =>
        {
            using var answer = await visitor.GetAsync(path, headers);
            body = await answer.Content.ReadAsStringAsync();
            return answer.StatusCode == HttpStatusCode.ServiceUnavailable && !answer.Headers.Contains("X-Nexus-Database-Away") && answer.Headers.RetryAfter?.Delta == TimeSpan.FromSeconds(30);
        }, $"{path} says that it took too long");
        return body;
    }
}
