using Bunit;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexus.Web.Operations.Health;
using Nexus.Web.Pages.Morning;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Alerts;
using Nexus.Web.Pages.Shared.Morning;
using Nexus.Web.Storage;
using Xunit;

namespace Nexus.Web.Tests.Pages.Morning;

public sealed class MorningTests : BunitContext
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
    private static readonly BackupGlance Verified = new(Noon.AddHours(-7), 1 << 20, Noon.AddHours(-6), null, Noon.AddHours(12), Noon.AddDays(3), "good", "The newest that is verified is 7 h old.", null);
    private static readonly Figures Some = new(120, 12, new(1, 2, 3, 4, 5), new(100, 200, 300), new(10, 20, 30)) { CostMicros = 3_000_000 };
    private static readonly Figures Fewer = new(100, 6, new(1, 1, 3, 4, 5), new(200, 200, 300), new(10, 20, 30)) { CostMicros = 2_000_000 };

    private static CheckState Check(string name, HealthStatus status) => new(name.ToLowerInvariant(), name, status, Noon, Noon, "what was seen", null, null, null);

    private static AlertLine Alert(string severity) => new(Guid.NewGuid(), "errors", "Errors", "", severity, "firing", "Many errors.", "", null, Noon, Noon, null, null, null, false);

    private static FailedJob Job(bool recovered) => new("vacuum", 2, Noon.AddHours(-1), "The disk is full.", recovered);

    [Fact]
    public void All_is_well_where_checks_are_fine_and_what_failed_has_succeeded_since()
    {
        var verdict = Verdicts.Of([Check("Disk", HealthStatus.Healthy)], [], [Job(recovered: true)], [], Verified);
        Assert.Equal(("good", "All is well"), (verdict.Tone, verdict.Title));
        Assert.Equal(["1 check is fine", "no alert fires", "every job that failed has succeeded since", "backups are verified"], verdict.Parts.Select(part => part.Text));
        Assert.All(verdict.Parts, part => Assert.StartsWith("/dashboard/", part.Href, StringComparison.Ordinal));
    }

    [Fact]
    public void Before_the_first_checks_nothing_is_promised()
    {
        var verdict = Verdicts.Of([], [], [], [], Verified);
        Assert.Equal(("", "Just started"), (verdict.Tone, verdict.Title));
    }

    [Fact]
    public void What_is_broken_comes_first_and_each_part_leads_to_where_it_is_mended()
    {
        var verdict = Verdicts.Of([Check("Clock", HealthStatus.Degraded), Check("Backups", HealthStatus.Unhealthy), Check("Disk", HealthStatus.Healthy)], [Alert("warning"), Alert("warning")], [Job(recovered: false)], [], Verified);
        Assert.Equal(("bad", "Something is broken"), (verdict.Tone, verdict.Title));
        Assert.Equal(["/dashboard/backups", "/dashboard/health", "/dashboard/alerts", "/dashboard/job/vacuum"], verdict.Parts.Select(part => part.Href));
        Assert.Equal(["bad", "warn", "warn", "warn"], verdict.Parts.Select(part => part.Tone));
        var less = Verdicts.Of([Check("Disk", HealthStatus.Healthy)], [Alert("warning")], [Job(recovered: false)], [], Verified);
        Assert.Equal(("warn", "2 things need a look"), (less.Tone, less.Title));
        // A job is not told of twice.
        Assert.Equal(["/dashboard/jobs"], Verdicts.Of([Check("Jobs", HealthStatus.Degraded)], [], [Job(recovered: false)], [], Verified).Parts.Select(part => part.Href));
        Assert.Equal("bad", Verdicts.Of([Check("Disk", HealthStatus.Healthy)], [Alert("critical")], [], [], Verified).Tone);
    }

    [Fact]
    public void A_line_stays_a_line_however_much_is_wrong()
    {
        var verdict = Verdicts.Of([.. Enumerable.Range(0, 9).Select(i => Check("Check" + i, HealthStatus.Unhealthy))], [], [], [], Verified);
        Assert.Equal(7, verdict.Parts.Count);
        Assert.Equal("and 3 more", verdict.Parts[^1].Text);
    }

    [Fact]
    public void The_nearest_to_its_end_comes_first_and_windows_that_are_over_are_left_out()
    {
        AccountWindowRow Window(string account, string name, double share, DateTimeOffset resets) => new() { AccountId = account, WindowName = name, Utilization = share, ResetsAt = resets, ObservedAt = Noon };
        var budget = new BudgetPart("1", "team", "domain one.example", "usd", 9_000_000, 0, 10_000_000, " a month", Noon.AddDays(6), 0.8, null, Noon.AddDays(2), true, true, "", null, [80, 95]);
        var near = NearLimits.Of([Window("acc_a", "5h", 0.4, Noon.AddHours(2)), Window("acc_b", "7d_opus", 0.97, Noon.AddDays(2)), Window("acc_c", "5h", 1, Noon.AddHours(-1))], [budget], Noon);
        Assert.Equal(["acc_b", "team", "acc_a"], near.Select(limit => limit.Name));
        Assert.Equal(["7 d window, opus", "budget of domain one.example", "5 h window"], near.Select(limit => limit.Kind));
        Assert.Equal("$9.00 of $10.00", near[1].Said);
        Assert.Equal(0.6, near[2].Pace!.Value, 3);
        Assert.Equal(6, NearLimits.Of(Enumerable.Range(0, 20).Select(i => Window("acc_" + i, "5h", 0.5, Noon.AddHours(2))), [], Noon).Count);

        var card = Render<LimitsCard>(card => card.Add(c => c.Limits, near));
        Assert.Equal("97 %, all but used up", card.Find("strong.bad").TextContent);
        Assert.Equal("/dashboard/token-usage?accountId=acc_b", card.Find("li a").GetAttribute("href"));
        Assert.Contains("No account has told", Render<LimitsCard>(none => none.Add(c => c.Limits, [])).Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void What_went_wrong_is_told_by_kind_with_its_change_and_jobs_with_their_reason()
    {
        var card = Render<WrongCard>(card => card.Add(c => c.Errors, [new("overloaded_error (529)", 12, 6), new("upstream_cut", 3, 0)]).Add(c => c.Jobs, [Job(recovered: false), Job(recovered: true)]).Add(c => c.Firing, 1));
        var lines = card.FindAll("li").Select(line => line.TextContent).ToList();
        Assert.Contains("overloaded error (529)", lines[0], StringComparison.Ordinal);
        Assert.Contains("more by 100 %", lines[0], StringComparison.Ordinal);
        Assert.Contains("new", lines[1], StringComparison.Ordinal);
        Assert.Contains("alert that fires", lines[2], StringComparison.Ordinal);
        Assert.Contains("The disk is full.", lines[3], StringComparison.Ordinal);
        Assert.Contains("has succeeded since", lines[4], StringComparison.Ordinal);
        Assert.Contains("Nothing: no request", Render<WrongCard>(none => none.Add(c => c.Errors, []).Add(c => c.Jobs, [])).Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Backups_say_when_the_last_was_made_and_restored_and_when_the_next_are_due()
    {
        Assert.Equal("verified", Render<BackupsCard>(card => card.Add(c => c.Glance, Verified)).Find(".pill.good").TextContent);
        var none = Render<BackupsCard>(card => card.Add(c => c.Glance, new BackupGlance(null, 0, null, null, null, null, "warn", "There is none yet.", "Make one.")));
        Assert.Equal(["none", "none", "not planned", "not planned"], none.FindAll("dd").Select(part => part.TextContent));
        Assert.Contains("Make one.", none.Markup, StringComparison.Ordinal);
        Assert.Contains(", failed", Render<BackupsCard>(card => card.Add(c => c.Glance, Verified with { DrillProblem = "It differs." })).Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Tiles_compare_with_the_same_time_a_day_before_in_words_and_say_their_lines()
    {
        var tiles = Render<OverviewTiles>(tiles => tiles.Add(t => t.Today, Some).Add(t => t.Day, Some).Add(t => t.Before, Fewer).Add(t => t.Zone, "Europe/Berlin").Add(t => t.Hours, Hours));
        Assert.Equal("$2.00 in the same time a day before", tiles.Find(".delta").GetAttribute("title"));
        Assert.Equal(["▲more by 50 %", "▲more by 20 %", "▲more by 100 %", "=unchanged, 0 %", "▲more by 100 %", "▼less by 50 %"], tiles.FindAll(".delta").Select(delta => delta.TextContent));
        Assert.Equal(["delta", "delta", "delta bad", "delta", "delta", "delta good"], tiles.FindAll(".delta").Select(delta => delta.ClassName!.Trim()));
        Assert.Equal("Requests per hour: from 0 to 23, 23 at last", tiles.FindAll("svg")[1].GetAttribute("aria-label"));
    }

    [Fact]
    public void Before_the_first_request_the_page_says_how_to_send_one_and_still_whether_all_is_well()
    {
        var view = new OverviewPart(new(new("good", "All is well", []), [], [], [], Verified, Noon), Some, Some, Fewer, Hours, [], [], [], null, "UTC", 0, false, "http://gate:3000");
        var first = Render<MorningView>(page => page.Add(p => p.View, view));
        Assert.Contains("ANTHROPIC_BASE_URL=http://gate:3000", first.Markup, StringComparison.Ordinal);
        Assert.Equal("All is well", first.Find(".verdict.good h2").TextContent);
        Assert.Empty(first.FindAll(".tiles"));
        Assert.Equal("", Render<OverviewDetails>(page => page.Add(p => p.View, view)).Markup.Trim());
        Assert.NotEmpty(Render<MorningView>(page => page.Add(p => p.View, view with { AnyStored = true })).FindAll(".tiles"));
    }

    [Fact]
    public void The_tail_leads_to_each_request_and_tells_what_it_passed_over()
    {
        var line = new RequestLine(Guid.CreateVersion7(Noon), Noon, "one.example", null, null, "main", "upstream_error", 529, null, 1, 1_500, 0, 0, 1, 61_000) { CostMicros = 10_000, CostEstimate = "fallback" };
        var rows = Render<TailRows>(rows => rows.Add(r => r.Rows, [line]).Add(r => r.Skipped, 1_200L).Add(r => r.Fresh, true));
        Assert.Equal(($"/dashboard/request/{line.Id}", "no model", "1.5K out", "1 min 1 s"), (rows.Find("a").GetAttribute("href"), rows.Find(".model").TextContent, rows.Find(".out").TextContent, rows.Find(".took").TextContent));
        Assert.StartsWith("≈", rows.Find(".money").TextContent, StringComparison.Ordinal);
        Assert.Contains("1.2K more", rows.Find(".skipped").TextContent, StringComparison.Ordinal);
    }

    private static List<HourFigures> Hours => [.. Enumerable.Range(0, 24).Select(i => new HourFigures(Noon.AddHours(i - 23), i, 0) { CostMicros = i })];
}
