using System.Net;
using System.Text.RegularExpressions;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Tests.Access.Limits;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed partial class BudgetPageTests
{
    [Fact]
    public async Task A_limit_is_tried_made_raised_disabled_and_deleted_on_the_pages()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.UsesWhatIsAsked();
        await using var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync());
        await nexus.ReadyAsync();
        var session = await DashboardSession.StartAsync(nexus);
        Assert.Contains("No limit yet", await session.PageAsync("/dashboard/budgets"), StringComparison.Ordinal);
        await session.RequestAsync("""{"model":"claude-opus-5","max_tokens":10,"messages":[{"role":"user","content":"900 50"}]}""");

        (string, string)[] fields = [("name", "team"), ("scope", "domain"), ("subject", "one.example"), ("unit", "tokens"), ("amount", "1,000"), ("period", "month"), ("timeZone", "Europe/Berlin"), ("weekStart", "monday"), ("thresholds", "80, 95"), ("hard", "true"), ("enabled", "true")];
        Assert.Contains("Nothing would have been stopped", await PostAsync(nexus, session, "/dashboard/budgets?handler=WhatIf", fields), StringComparison.Ordinal);
        Assert.Contains("1 of 1 requests would have been refused.", await PostAsync(nexus, session, "/dashboard/budgets?handler=WhatIf", [.. fields.Where(field => field.Item1 != "amount"), ("amount", "900")]), StringComparison.Ordinal);
        Assert.Contains("amount: more than 0", await PostAsync(nexus, session, "/dashboard/budgets?handler=Create", [.. fields.Where(field => field.Item1 != "amount"), ("amount", "0")]), StringComparison.Ordinal);
        var list = await PostAsync(nexus, session, "/dashboard/budgets?handler=Create", fields);
        Assert.Contains("950 tokens", list, StringComparison.Ordinal);
        Assert.Contains("of 1K tokens per month", list, StringComparison.Ordinal);
        var address = BudgetAddress().Match(list).Value;
        Assert.Contains("<html", await session.PageAsync("/dashboard/budgets"), StringComparison.Ordinal);
        Assert.DoesNotContain("<html", await session.PageAsync("/dashboard/budgets", htmx: true), StringComparison.Ordinal);

        Assert.Contains("reason: say why", await PostAsync(nexus, session, address + "?handler=Raise", ("amount", "500"), ("hours", "24")), StringComparison.Ordinal);
        Assert.Contains("raised by 500 tokens until", await PostAsync(nexus, session, address + "?handler=Raise", ("amount", "500"), ("hours", "24"), ("reason", "release")), StringComparison.Ordinal);
        Assert.Contains("disabled", await PostAsync(nexus, session, address + "?handler=Enable", ("enabled", "false")), StringComparison.Ordinal);
        Assert.Contains("<html", await session.PageAsync(address), StringComparison.Ordinal);
        await PostAsync(nexus, session, address + "?handler=Delete");
        using var gone = await session.SendAsync(address);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task The_overview_says_which_budgets_have_passed_a_threshold_and_the_request_page_what_its_limits_decided()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        upstream.UsesWhatIsAsked();
        await using var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync());
        await nexus.ReadyAsync();
        var limit = await nexus.LimitAsync(new { name = "team month", scope = "domain", subject = "one.example", unit = "tokens", amount = 1000, period = "month", hard = true });
        await nexus.GoesByAsync(limit["id"]!.GetValue<string>());
        var session = await DashboardSession.StartAsync(nexus);
        var id = await session.RequestAsync("""{"model":"claude-opus-5","max_tokens":10,"messages":[{"role":"user","content":"900 50"}]}""");
        await NexusApp.UntilAsync(async () => (await session.PageAsync("/dashboard")).Contains("team month (domain one.example) is at 95 %", StringComparison.Ordinal), "the overview says it");
        var page = WebUtility.HtmlDecode(await session.PageAsync($"/dashboard/request/{id}"));
        Assert.Matches("Budget 'team month' for domain one.example: 0 tokens of 1,000 tokens used, 0 tokens reserved by others, \\d+ tokens by this request → allowed", page);
        using var refused = await nexus.Proxy.SendAsync(LimitClient.Message(1, 1, 500));
        var second = refused.Headers.GetValues("x-nexus-request-id").Single();
        await NexusApp.UntilAsync(async () => (await session.SendAsync($"/dashboard/request/{second}")).IsSuccessStatusCode, "the refusal is stored");
        Assert.Contains("by this request → refused", WebUtility.HtmlDecode(await session.PageAsync($"/dashboard/request/{second}")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[{"verdict":"unknown"}]""", "decided by BUDGETS_FAIL", false)]
    [InlineData("""[{"name":"r","scope":"key","subject":"k","verdict":"rate","what":"requests","rate":60,"windowSeconds":60}]""", "Limit 'r' for key k: 60 requests per 60 s → refused.", true)]
    [InlineData("""[{"name":"s","scope":"all","subject":"","verdict":"rate","what":"streams","rate":3,"windowSeconds":60}]""", "Limit 's': 3 streams at a time → refused.", true)]
    [InlineData("""[{"name":"b","scope":"all","subject":"","verdict":"allowed","unit":"usd","budget":50000000,"used":41200000,"reserved":0,"estimate":350000,"hard":false}]""", "Budget 'b': $41.20 of $50.00 used, $0.00 reserved by others, $0.35 by this request → allowed (it only alerts).", false)]
    public void Decisions_are_told_in_words(string policy, string text, bool refused)
    {
        var line = Assert.Single(PolicyLine.Of(policy));
        Assert.Contains(text, line.Text, StringComparison.Ordinal);
        Assert.Equal(refused, line.Refused);
    }

    private static async Task<string> PostAsync(NexusApp nexus, DashboardSession session, string path, params (string Name, string Value)[] fields)
    {
        using var page = await session.SendAsync("/dashboard/budgets");
        var html = await page.Content.ReadAsStringAsync();
        var token = Token().Match(html).Groups[1].Value;
        var cookies = page.Headers.TryGetValues("Set-Cookie", out var set) ? set.Select(cookie => cookie.Split(';')[0]) : [];
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent([.. fields.Select(field => KeyValuePair.Create(field.Name, field.Value)), new("__RequestVerificationToken", token)]) };
        request.Headers.Add("Cookie", string.Join("; ", cookies.Prepend(session.Cookie)));
        request.Headers.Add("HX-Request", "true");
        using var response = await nexus.Dashboard.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode < 400, $"{path}: {(int)response.StatusCode} {body}");
        return WebUtility.HtmlDecode(body);
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" (?:type=\"hidden\" )?value=\"([^\"]+)\"")]
    private static partial Regex Token();

    [GeneratedRegex("/dashboard/budget/lim_[a-z0-9]+")]
    private static partial Regex BudgetAddress();
}
