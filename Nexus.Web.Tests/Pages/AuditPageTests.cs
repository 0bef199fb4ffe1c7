using System.Net;
using Nexus.Web.Pages.Audit;
using Nexus.Web.Pages.Shared.Audit;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Alerts;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class AuditPageTests
{
    [Fact]
    public async Task Entries_are_filtered_paged_without_gaps_and_exported_under_the_same_filter()
    {
        await using var nexus = await AlertNexus.StartAsync();
        await nexus.App.ReadyAsync();
        // All at one moment: the page's place is more than a time.
        await nexus.SqlAsync("""
            INSERT INTO audit_log (at, actor, address, action, subject, details) SELECT date_trunc('hour', now()) - interval '1 hour', 'cli', NULL, 'key.edited', 'key ' || lpad(n::text, 3, '0'), '{"before":{"name":"a","owner":"o"},"after":{"name":"<b>","owner":"o"}}' FROM generate_series(1, 230) AS n;
            INSERT INTO audit_log (at, actor, address, action, subject) VALUES (now() - interval '1 hour', 'dashboard', '10.0.0.9', 'limit.created', 'lim_x'), (now() - interval '20 days', 'dashboard', '10.0.0.9', 'limit.created', 'lim_old');
            """);
        var session = await DashboardSession.StartAsync(nexus.App);
        var whole = await session.PageAsync("/dashboard/audit");
        Assert.Contains("<h1>Audit log</h1>", whole, StringComparison.Ordinal);
        Assert.Contains("<option value=\"limit.created\"", whole, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;", whole, StringComparison.Ordinal);
        Assert.DoesNotContain("lim_old", whole, StringComparison.Ordinal);
        var seen = new List<string>();
        for (var address = "/dashboard/audit?action=key.edited"; address.Length > 0;)
        {
            var page = WebUtility.HtmlDecode(await session.PageAsync(address, htmx: true));
            Assert.DoesNotContain("<h1>", page, StringComparison.Ordinal);
            seen.AddRange(System.Text.RegularExpressions.Regex.Matches(page, "key \\d{3}").Select(match => match.Value));
            address = System.Text.RegularExpressions.Regex.Match(page, "href=\"(/dashboard/audit[^\"]*before=[^\"]*)\"").Groups[1].Value;
        }

        Assert.Equal(230, seen.Count);
        Assert.Distinct(seen);
        Assert.Contains("lim_old", await session.PageAsync("/dashboard/audit?range=30d&actor=dashboard&subject=lim_", htmx: true), StringComparison.Ordinal);
        Assert.Contains("Nothing matches", await session.PageAsync("/dashboard/audit?subject=nowhere", htmx: true), StringComparison.Ordinal);
        var lines = (await session.PageAsync("/api/export/audit?action=limit.created&format=csv")).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("at,actor,address,action,subject,details", lines[0]);
        Assert.EndsWith("dashboard,10.0.0.9,limit.created,lim_x,", Assert.Single(lines[1..]), StringComparison.Ordinal);
        Assert.Equal(230, (await session.PageAsync("/api/export/audit?action=key.edited&format=jsonl")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("""{"before":{"a":1,"b":2},"after":{"a":1,"b":3,"c":null,"d":"x"}}""", "b: 2 -> 3; d:  -> x")]
    [InlineData("""{"until":"2026-11-26T02:25:32.3736649+00:00","n":null,"why":""}""", "until:  -> 2026-11-26 02:25:32 UTC")]
    [InlineData("""[1,2]""", "details:  -> [1,2]")]
    [InlineData("""{"before":null,"after":{"a":"x"}}""", "a:  -> x")]
    public void Of_a_change_only_what_differs_is_told(string? json, string words) =>
        Assert.Equal(words, string.Join("; ", AuditDetails.Of(json).Select((AuditChange change) => $"{change.Name}: {change.Before} -> {change.After}")));
}
