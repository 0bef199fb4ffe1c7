using System.Net;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages.Offline;

/// <summary>A server of the test's own, that it stops under open pages.</summary>
public sealed class OutageTests
{
    private static readonly string[] Watched = ["/dashboard", "/dashboard/requests", "/dashboard/conversations", "/dashboard/usage", "/dashboard/token-usage", "/dashboard/budgets", "/dashboard/alerts"];

    [Fact]
    public async Task While_the_database_is_away_the_pages_show_what_they_last_showed_and_say_so()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.Replies("text/event-stream", Streams.Whole);
        var postgres = await Postgres.StartAsync();
        try
        {
            await using var nexus = await NexusApp.StartAsync(upstream, await postgres.CreateAsync("template_nexus"), settings: Visitor.SingleSignOn("mem@one.example=member"));
            await nexus.ReadyAsync();
            var session = await DashboardSession.StartAsync(nexus);
            var id = await session.RequestAsync();
            foreach (var page in Watched)
                Assert.Contains("<div id=\"away\"></div>", await session.PageAsync(page), StringComparison.Ordinal);
            await session.PageAsync("/dashboard/usage?range=7d", htmx: true);
            string[] ofOne = [$"/dashboard/request/{id}", $"/dashboard/conversation/{id}"];
            foreach (var page in ofOne)
                await session.PageAsync(page);
            using var member = await Visitor.EnterAsync(nexus, "mem@one.example");
            // The first answer brings the cookie that the tokens of later ones belong to.
            await member.PageAsync("/dashboard/mine");
            Assert.Contains("No key is yours yet", await member.PageAsync("/dashboard/mine"), StringComparison.Ordinal);

            await postgres.StopServerAsync();
            // At once, before anybody has noticed, and after.
            foreach (var page in Watched)
                await AssertStoredAsync(session, page);
            var database = (Database)nexus.Services.GetService(typeof(Database))!;
            await NexusApp.UntilAsync(() => Task.FromResult(database.State.Condition == DatabaseCondition.Away), "the node knows that the database is away");
            foreach (var page in Watched)
                await AssertStoredAsync(session, page);
            Assert.Contains(id, await session.PageAsync("/dashboard/requests"), StringComparison.Ordinal);
            foreach (var page in ofOne)
                await AssertStoredAsync(session, page);
            var mine = await member.PageAsync("/dashboard/mine");
            Assert.Contains("Figures as of", mine, StringComparison.Ordinal);
            Assert.Contains("No key is yours yet", mine, StringComparison.Ordinal);
            // Whose a request is cannot be found out: what another may see of it is not shown.
            foreach (var page in ofOne)
                Assert.Equal(HttpStatusCode.ServiceUnavailable, await member.StatusAsync(page));
            var part = await session.PageAsync("/dashboard/usage?range=7d", htmx: true);
            Assert.StartsWith("<div id=\"away\" hx-swap-oob=\"true\"><div class=\"notice bad\"", part, StringComparison.Ordinal);
            Assert.DoesNotContain("<html", part, StringComparison.Ordinal);

            // What was not looked at, and what is not kept, says what is wrong; what needs no database works.
            foreach (var page in new[] { "/dashboard/usage?range=30d", "/dashboard/keys", $"/dashboard/request/{id}?view=raw", $"/dashboard/request/{Guid.CreateVersion7()}" })
            {
                using var response = await session.SendAsync(page);
                var body = await response.Content.ReadAsStringAsync();
                Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
                Assert.True(response.Headers.Contains("Retry-After") && response.Headers.Contains("Content-Security-Policy"));
                Assert.Contains("This page needs the database", body, StringComparison.Ordinal);
                Assert.Contains($"<a href=\"{page}\">try again</a>", body, StringComparison.Ordinal);
                Assert.Contains("<a href=\"/dashboard/token-usage\">Limits</a>", body, StringComparison.Ordinal);
            }

            using (var palette = await session.SendAsync("/dashboard/palette?q=", htmx: true))
                Assert.True(palette.IsSuccessStatusCode && palette.Headers.Contains("X-Nexus-Database-Away"));
            var health = await session.PageAsync("/dashboard/health");
            Assert.Contains("The database is away", health, StringComparison.Ordinal);
            Assert.Contains("table class=\"checks\"", health, StringComparison.Ordinal);

            await postgres.StartServerAsync();
            await NexusApp.UntilAsync(async () => (await session.PageAsync("/dashboard")).Contains("<div id=\"away\"></div>", StringComparison.Ordinal), "the page is fresh again");
        }
        finally
        {
            postgres.Remove();
        }
    }

    private static async Task AssertStoredAsync(DashboardSession session, string page)
    {
        using var response = await session.SendAsync(page);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{page}: {body}");
        Assert.True(response.Headers.Contains("X-Nexus-Database-Away"));
        Assert.True(response.Headers.CacheControl!.NoStore);
        Assert.Contains("The database is away", body, StringComparison.Ordinal);
        Assert.Contains("Figures as of", body, StringComparison.Ordinal);
        Assert.EndsWith("</html>", body.TrimEnd(), StringComparison.Ordinal);
    }
}
