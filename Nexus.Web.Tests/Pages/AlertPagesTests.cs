using System.Net;
using Bunit;
using Nexus.Web.Pages.Shared.Alerts;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Operations.Alerts;
using Nexus.Web.Tests.Usage;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class AlertPagesTests : IAsyncLifetime
{
    private AlertNexus _nexus = null!;
    private DashboardSession _session = null!;

    public async Task InitializeAsync()
    {
        _nexus = await AlertNexus.StartAsync();
        await _nexus.App.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus.App);
    }

    public async Task DisposeAsync() => await _nexus.DisposeAsync();

    [Fact]
    public async Task A_firing_alert_is_on_the_overview_is_acknowledged_and_moves_to_the_history()
    {
        Assert.Contains("Nothing is firing", await _session.PageAsync("/dashboard/alerts"), StringComparison.Ordinal);
        Assert.DoesNotContain("is firing.", await _session.PageAsync("/dashboard"), StringComparison.Ordinal);
        var evaluator = _nexus.Evaluator();
        _nexus.Seen = [new("job", "vacuum", 1, "vacuum failed: <no space>", "/dashboard/job/vacuum")];
        await _nexus.LookAsync(evaluator);
        var overview = await _session.PageAsync("/dashboard");
        Assert.Contains("An alert is firing.", overview, StringComparison.Ordinal);
        Assert.Contains("vacuum failed: &lt;no space&gt;", overview, StringComparison.Ordinal);
        var list = await _session.PageAsync("/dashboard/alerts", htmx: true);
        Assert.DoesNotContain("<h1>", list, StringComparison.Ordinal);
        Assert.Contains("/dashboard/job/vacuum", list, StringComparison.Ordinal);
        var id = (await _nexus.AlertsAsync()).Single().Id;
        Assert.Contains("nobody is reminded", await _session.PostAsync("/dashboard/alerts", $"/dashboard/alerts?handler=Acknowledge&id={id}", true), StringComparison.Ordinal);
        Assert.Contains("not firing any more", await _session.PostAsync("/dashboard/alerts?view=rules", $"/dashboard/alerts?handler=Acknowledge&id={id}", true), StringComparison.Ordinal);
        Assert.DoesNotContain("is firing.", await _session.PageAsync("/dashboard"), StringComparison.Ordinal);
        _nexus.Seen = [];
        await _nexus.LookAsync(evaluator, 1);
        Assert.Contains("vacuum failed", await _session.PageAsync("/dashboard/alerts?view=history"), StringComparison.Ordinal);
        Assert.Equal(1, await LedgerSums.NumberAsync(_nexus.Database, "SELECT count(*) FROM audit_log WHERE action = 'alert.acknowledged' AND subject = 'job'"));
    }

    [Fact]
    public async Task What_fires_stands_in_any_order_with_the_columns_that_are_asked_for_and_what_has_ended_by_time_alone()
    {
        var evaluator = _nexus.Evaluator();
        _nexus.Seen = [new("job", "beta", 1, "beta failed", null), new("job", "alpha", 1, "alpha failed", null), new("job", "gamma", 1, "gamma failed", null)];
        await _nexus.LookAsync(evaluator);
        async Task<string> SubjectsAsync(string query) =>
            string.Join(',', System.Text.RegularExpressions.Regex.Matches(await _session.PageAsync("/dashboard/alerts" + query, htmx: true), "<span class=\"small muted\">(alpha|beta|gamma)</span></th>").Select(match => match.Groups[1].Value));
        Assert.Equal("alpha,beta,gamma", await SubjectsAsync("?sort=alert"));
        Assert.Equal("gamma,beta,alpha", await SubjectsAsync("?sort=-alert"));
        var chosen = await _session.PageAsync("/dashboard/alerts?cols=since&density=compact&sort=-alert");
        Assert.Contains("<table class=\"alerts compact\">", chosen, StringComparison.Ordinal);
        Assert.DoesNotContain("class=\"state\"", chosen, StringComparison.Ordinal);
        Assert.Contains("hx-get=\"/dashboard/alerts?cols=alert,since&amp;density=compact&amp;sort=-alert\" hx-target=\"#view\" hx-trigger=\"every 15s\"", chosen, StringComparison.Ordinal);
        var id = (await _nexus.AlertsAsync()).First().Id;
        Assert.Contains("<table class=\"alerts compact\">", await _session.PostAsync("/dashboard/alerts", $"/dashboard/alerts?density=compact&handler=Acknowledge&id={id}", true), StringComparison.Ordinal);
        _nexus.Seen = [];
        await _nexus.LookAsync(evaluator, 1);
        var ended = await _session.PageAsync("/dashboard/alerts?view=history&sort=alert");
        Assert.Contains("alpha failed", ended, StringComparison.Ordinal);
        Assert.DoesNotContain("aria-sort", ended, StringComparison.Ordinal);
        Assert.DoesNotContain("class=\"sort\"", ended, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_is_changed_refused_in_words_and_put_back()
    {
        (string, string)[] fields = [("threshold", "7.5"), ("for", "0"), ("clear", "3"), ("renotify", "60"), ("severity", "critical"), ("channels", "slack"), ("enabled", "true")];
        var saved = await _session.PostAsync("/dashboard/alerts?view=rules", "/dashboard/alerts?handler=Rule&rule=errors", true, fields);
        Assert.Contains("Saved.", saved, StringComparison.Ordinal);
        Assert.Contains("from 7.5 % of requests", saved, StringComparison.Ordinal);
        Assert.Equal(1, await LedgerSums.NumberAsync(_nexus.Database, "SELECT count(*) FROM alert_rules WHERE rule = 'errors' AND threshold = 7.5 AND channels = '{slack}' AND clear_seconds = 180"));
        Assert.Equal(1, await LedgerSums.NumberAsync(_nexus.Database, "SELECT count(*) FROM audit_log WHERE action = 'alert.rule_changed' AND details->'before'->>'threshold' = '20' AND details->'after'->>'threshold' = '7.5'"));
        fields[0] = ("threshold", "lots");
        Assert.Contains("a number is needed, not 'lots'", WebUtility.HtmlDecode(await _session.PostAsync("/dashboard/alerts?view=rules", "/dashboard/alerts?handler=Rule&rule=errors", true, fields)), StringComparison.Ordinal);
        Assert.Contains("as Nexus ships it again", await _session.PostAsync("/dashboard/alerts?view=rules", "/dashboard/alerts?handler=ResetRule&rule=errors", true), StringComparison.Ordinal);
        Assert.Equal(0, await LedgerSums.NumberAsync(_nexus.Database, "SELECT count(*) FROM alert_rules"));
    }

    [Fact]
    public async Task A_silence_is_made_with_its_reason_and_ended()
    {
        Assert.Contains("Say why", await _session.PostAsync("/dashboard/alerts?view=silences", "/dashboard/alerts?handler=Silence", true, ("rule", ""), ("minutes", "30"), ("reason", " ")), StringComparison.Ordinal);
        Assert.Contains("new disk", await _session.PostAsync("/dashboard/alerts?view=silences", "/dashboard/alerts?handler=Silence", true, ("rule", "disk"), ("minutes", "30"), ("reason", "new disk")), StringComparison.Ordinal);
        await using var db = await _nexus.ContextAsync();
        var id = db.AlertSilences.Single().Id;
        Assert.Contains("over", await _session.PostAsync("/dashboard/alerts?view=silences", $"/dashboard/alerts?handler=EndSilence&id={id}", true), StringComparison.Ordinal);
        Assert.Equal(0, await LedgerSums.NumberAsync(_nexus.Database, "SELECT count(*) FROM alert_silences WHERE ends_at > now()"));
    }

    [Fact]
    public async Task The_test_button_sends_and_the_log_says_that_it_was_taken()
    {
        var page = WebUtility.HtmlDecode(await _session.PageAsync("/dashboard/alerts?view=channels"));
        Assert.Contains("not set up; give it <code>ALERT_WEBHOOK_URL</code>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("/services/slack", page, StringComparison.Ordinal);
        await _session.PostAsync("/dashboard/alerts?view=channels", "/dashboard/alerts?handler=Test&channel=slack", true);
        Assert.Contains("Nexus can reach you here", (await _nexus.ToldAsync(1))[0], StringComparison.Ordinal);
        await NexusApp.UntilAsync(async () => (await _session.PageAsync("/dashboard/alerts?view=channels", htmx: true)).Contains(">sent<", StringComparison.Ordinal), "the log says sent");
        Assert.Contains("is not set up", await _session.PostAsync("/dashboard/alerts?view=channels", "/dashboard/alerts?handler=Test&channel=email", true), StringComparison.Ordinal);
    }

    [Fact]
    public void The_banner_counts_all_and_names_the_first()
    {
        using var context = new BunitContext();
        AlertLine Line(string what) => new(Guid.NewGuid(), "job", "Job failed", what, "warning", "firing", what + " failed.", "", null, DateTimeOffset.UnixEpoch, null, null, null, null, false);
        var banner = context.Render<AlertBanner>(parameters => parameters.Add(banner => banner.Alerts, [.. Enumerable.Range(1, 6).Select(i => Line($"job {i}"))]));
        Assert.Equal("6 alerts are firing.", banner.Find("strong").TextContent);
        Assert.Equal(4, banner.FindAll("li").Count);
        Assert.Equal("All 6", banner.Find("a").TextContent);
        Assert.Equal("", context.Render<AlertBanner>(parameters => parameters.Add(banner => banner.Alerts, [])).Markup.Trim());
    }
}
