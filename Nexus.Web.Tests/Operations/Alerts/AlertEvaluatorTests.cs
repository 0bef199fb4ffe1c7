using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Nexus.Web.Operations.Alerts;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Health;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Operations.Alerts;

public sealed class AlertEvaluatorTests : IAsyncLifetime
{
    private static readonly Actor Operator = new("operator", "127.0.0.1");
    private AlertNexus _nexus = null!;
    private AlertEvaluator _evaluator = null!;

    public async Task InitializeAsync()
    {
        _nexus = await AlertNexus.StartAsync();
        await _nexus.App.ReadyAsync();
        _evaluator = _nexus.Evaluator();
    }

    public async Task DisposeAsync() => await _nexus.DisposeAsync();

    [Fact]
    public async Task It_is_pending_then_fires_once_then_is_resolved_and_stays_in_the_history()
    {
        _nexus.Seen = [new("errors", "one.example", 50, "5 of 10 requests of one.example failed.")];
        await _nexus.LookAsync(_evaluator);
        await _nexus.LookAsync(_evaluator, 1);
        Assert.Equal("pending", Assert.Single(await _nexus.AlertsAsync()).State);
        Assert.Empty(await _nexus.TitlesAsync());
        await _nexus.LookAsync(_evaluator, 1.5);
        await _nexus.LookAsync(_evaluator, 1);
        Assert.Equal("firing", Assert.Single(await _nexus.AlertsAsync()).State);
        Assert.Equal(["Firing: Many errors"], await _nexus.TitlesAsync());
        // It comes and goes: that is one alert.
        _nexus.Seen = [];
        await _nexus.LookAsync(_evaluator, 1);
        _nexus.Seen = [new("errors", "one.example", 60, "6 of 10 requests of one.example failed.")];
        await _nexus.LookAsync(_evaluator, 1);
        _nexus.Seen = [];
        await _nexus.LookAsync(_evaluator, 1);
        await _nexus.LookAsync(_evaluator, 6);
        var resolved = Assert.Single(await _nexus.AlertsAsync());
        Assert.Equal(("resolved", "6 of 10 requests of one.example failed.", 60.0, 20.0), (resolved.State, resolved.Summary, resolved.Value, resolved.Threshold));
        Assert.Equal(["Firing: Many errors", "Resolved: Many errors"], await _nexus.TitlesAsync());
        Assert.Contains("6 of 10 requests of one.example failed.", (await _nexus.ToldAsync(2))[1], StringComparison.Ordinal);
        await _nexus.LookAsync(_evaluator, 60);
        Assert.Single(await _nexus.AlertsAsync());
    }

    [Fact]
    public async Task Those_of_one_look_go_in_one_message_and_a_pending_one_that_ends_leaves_nothing()
    {
        _nexus.Seen = [new("job", "vacuum", 1, "vacuum failed."), new("job", "retention", 1, "retention failed."), new("errors", "one.example", 90, "failed")];
        await _nexus.LookAsync(_evaluator);
        Assert.Equal(["Firing: Job failed (2)"], await _nexus.TitlesAsync());
        _nexus.Seen = [];
        await _nexus.LookAsync(_evaluator, 1);
        Assert.Equal(["resolved", "resolved"], (await _nexus.AlertsAsync()).Select(alert => alert.State));
        Assert.Equal("Resolved: Job failed (2)", (await _nexus.TitlesAsync())[1]);
    }

    [Fact]
    public async Task A_source_that_fails_neither_raises_nor_resolves()
    {
        _nexus.Seen = [new("job", "vacuum", 1, "vacuum failed.")];
        await _nexus.LookAsync(_evaluator);
        _nexus.Seen = null;
        await _nexus.LookAsync(_evaluator, 120);
        Assert.Equal("firing", Assert.Single(await _nexus.AlertsAsync()).State);
    }

    [Fact]
    public async Task An_acknowledged_one_reminds_nobody_and_a_firing_one_does()
    {
        _nexus.Seen = [new("job", "vacuum", 1, "vacuum failed."), new("job", "retention", 1, "retention failed.")];
        await _nexus.LookAsync(_evaluator);
        await using (var scope = _nexus.App.Services.CreateAsyncScope())
            await scope.ServiceProvider.GetRequiredService<AlertDesk>().AcknowledgeAsync((await _nexus.AlertsAsync()).Single(alert => alert.Subject == "vacuum").Id, Operator, default);
        await _nexus.LookAsync(_evaluator, 25 * 60);
        Assert.Equal(["Firing: Job failed (2)", "Still firing: Job failed"], await _nexus.TitlesAsync());
        Assert.Equal(["acknowledged", "firing"], (await _nexus.AlertsAsync()).Select(alert => alert.State).Order());
    }

    [Fact]
    public async Task A_silence_holds_messages_back_and_what_still_fires_at_its_end_is_told()
    {
        await using (var scope = _nexus.App.Services.CreateAsyncScope())
            await scope.ServiceProvider.GetRequiredService<AlertDesk>().SilenceAsync("job", "vacuum", TimeSpan.FromHours(1), "maintenance", Operator, default);
        _nexus.Seen = [new("job", "vacuum", 1, "vacuum failed."), new("job", "retention", 1, "retention failed.")];
        await _nexus.LookAsync(_evaluator, 1);
        var told = Assert.Single(await _nexus.ToldAsync(1));
        Assert.Contains("retention failed.", told, StringComparison.Ordinal);
        Assert.DoesNotContain("vacuum failed.", told, StringComparison.Ordinal);
        await _nexus.LookAsync(_evaluator, 90);
        Assert.Contains("vacuum failed.", (await _nexus.ToldAsync(2))[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_rule_is_in_force_at_the_next_look_and_one_that_is_off_resolves()
    {
        _nexus.Seen = [new("errors", "one.example", 15, "15 % failed.")];
        await ChangeAsync(new(true, 10, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, AlertRule.Critical, ["webhook"]));
        await _nexus.LookAsync(_evaluator);
        var alert = Assert.Single(await _nexus.AlertsAsync());
        Assert.Equal(("firing", "critical", 10.0), (alert.State, alert.Severity, alert.Threshold));
        // The rule tells a channel alone that is not set up.
        Assert.Empty(await _nexus.TitlesAsync());
        await ChangeAsync(new(false, 10, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, AlertRule.Critical, null));
        await _nexus.LookAsync(_evaluator, 1);
        Assert.Equal("resolved", Assert.Single(await _nexus.AlertsAsync()).State);
    }

    [Fact]
    public async Task What_is_common_is_looked_at_by_one_node_until_it_is_gone()
    {
        var asked = new int[2];
        AlertEvaluator Node(int node) => _nexus.Evaluator(new AlertSource(["job"], false, _ =>
        {
            asked[node]++;
            return Task.FromResult<IReadOnlyList<Reading>>([]);
        }));
        var (first, second) = (Node(0), Node(1));
        await _nexus.LookAsync(first);
        await _nexus.LookAsync(second);
        await _nexus.LookAsync(first, 0.5);
        await _nexus.LookAsync(second, 0.25);
        Assert.Equal([2, 0], asked);
        await _nexus.LookAsync(second, 1.5);
        await _nexus.LookAsync(first);
        Assert.Equal([2, 1], asked);
    }

    [Fact]
    public async Task Alerts_of_a_node_that_is_gone_are_resolved_by_another()
    {
        await _nexus.SqlAsync("INSERT INTO alerts (id, rule, subject, severity, state, summary, value, threshold, started_at, fired_at, notified_at) VALUES (gen_random_uuid(), 'journal', 'gone-node', 'warning', 'firing', 'behind', 9, 5, now(), now(), now())");
        var evaluator = _nexus.Evaluator(AlertSource.Memory("journal", () => null));
        await _nexus.LookAsync(evaluator);
        await _nexus.LookAsync(evaluator, 3);
        Assert.Equal("resolved", Assert.Single(await _nexus.AlertsAsync()).State);
    }

    [Fact]
    public async Task Readings_come_from_rollups_samples_windows_budgets_and_runs()
    {
        var at = _nexus.Clock.GetUtcNow();
        await SeededReadings.AddAsync(_nexus, at);
        var services = _nexus.App.Services;
        var evaluator = _nexus.Evaluator([.. services.GetRequiredService<SharedSources>().All()]);
        await _nexus.LookAsync(evaluator);
        var alerts = (await _nexus.AlertsAsync()).ToDictionary(alert => $"{alert.Rule}/{alert.Subject}", alert => alert.Summary);
        Assert.Equal("8 of 20 requests of bad.example failed in the last 15 minutes.", alerts["errors/bad.example"]);
        Assert.Contains("12 requests of mystery-model", alerts["unpriced/mystery-model"], StringComparison.Ordinal);
        Assert.Equal("95 % of the answers begin within 4.9 s; in the last 7 days it was 1.0 s.", alerts["latency/"]);
        Assert.Contains("has used 93 % of its window 5h", alerts["account/acc_busy 5h"], StringComparison.Ordinal);
        Assert.Contains("restore-drill failed", alerts["job/restore-drill"], StringComparison.Ordinal);
        Assert.Equal("sampled uses 95 % of the memory that it may use.", alerts["memory/sampled"]);
        Assert.Equal("sampled uses 99 % of the CPU time that it may use.", alerts["cpu/sampled"]);
        Assert.Equal("sampled uses 92 % of the disk that DATA_DIR lies on.", alerts["disk/sampled"]);
        Assert.Contains("full in 3.5 days", alerts["disk-forecast/DATA_DIR of filling"], StringComparison.Ordinal);
        Assert.Contains("has used 85 % of its budget: $8.50 of $10.00", alerts["budget/Team (domain bad.example) 80 %"], StringComparison.Ordinal);
        Assert.DoesNotContain(alerts, alert => alert.Key is "errors/fine.example" or "account/acc_idle 5h");
    }

    [Fact]
    public async Task What_moves_slowly_is_asked_for_no_more_often_than_it_says()
    {
        var asked = 0;
        var source = new AlertSource(["job"], false, _ => Task.FromResult<IReadOnlyList<Reading>>([new("job", "x", 1, $"asked {++asked} times")])).AtMostEvery(TimeSpan.FromMinutes(10), _nexus.Clock);
        var evaluator = _nexus.Evaluator(source);
        await _nexus.LookAsync(evaluator);
        await _nexus.LookAsync(evaluator, 9);
        Assert.Equal("asked 1 times", Assert.Single(await _nexus.AlertsAsync()).Summary);
        await _nexus.LookAsync(evaluator, 1);
        Assert.Equal("asked 2 times", Assert.Single(await _nexus.AlertsAsync()).Summary);
    }

    [Fact]
    public async Task What_failed_is_asked_again_no_sooner_and_leaves_its_alerts_as_they_are()
    {
        var asked = 0;
        var source = new AlertSource(["job"], false, _ => ++asked == 2 ? throw new TimeoutException("slow") : Task.FromResult<IReadOnlyList<Reading>>([new("job", "x", 1, $"asked {asked} times")])).AtMostEvery(TimeSpan.FromMinutes(10), _nexus.Clock);
        var evaluator = _nexus.Evaluator(source);
        await _nexus.LookAsync(evaluator);
        await _nexus.LookAsync(evaluator, 10);
        await _nexus.LookAsync(evaluator, 9);
        var alert = Assert.Single(await _nexus.AlertsAsync());
        Assert.Equal((2, "firing", "asked 1 times"), (asked, alert.State, alert.Summary));
        await _nexus.LookAsync(evaluator, 1);
        Assert.Equal("asked 3 times", Assert.Single(await _nexus.AlertsAsync()).Summary);
    }

    [Fact]
    public async Task Who_acknowledged_one_failing_check_is_told_of_the_next_and_an_alert_of_the_whole_node_ends()
    {
        var services = _nexus.App.Services;
        var board = ActivatorUtilities.CreateInstance<CheckBoard>(services);
        var node = Environment.MachineName;
        Task FailingAsync(params string[] checks) => board.PublishAsync(new(checks.ToDictionary(check => check, check => new HealthReportEntry(HealthStatus.Unhealthy, check + " is broken", TimeSpan.Zero, null, null)), TimeSpan.Zero), default);
        await _nexus.SqlAsync($"INSERT INTO alerts (id, rule, subject, severity, state, summary, value, threshold, started_at, fired_at) VALUES (gen_random_uuid(), 'health', '{node}', 'critical', 'acknowledged', 'both', 1, 1, now(), now())");
        var evaluator = _nexus.Evaluator([.. ActivatorUtilities.CreateInstance<NodeSources>(services, board).All().Where(source => source.Rules.Contains("health"))]);
        await FailingAsync("memory");
        await _nexus.LookAsync(evaluator);
        await _nexus.LookAsync(evaluator, 1.5);
        await using (var scope = services.CreateAsyncScope())
            await scope.ServiceProvider.GetRequiredService<AlertDesk>().AcknowledgeAsync((await _nexus.AlertsAsync()).Single(alert => alert.Subject == node + "/memory").Id, Operator, default);
        await FailingAsync("memory", "clock");
        await _nexus.LookAsync(evaluator, 1);
        await _nexus.LookAsync(evaluator, 1.5);
        Assert.Equal([(node, "resolved"), (node + "/clock", "firing"), (node + "/memory", "acknowledged")], (await _nexus.AlertsAsync()).Select(alert => (alert.Subject, alert.State)).Order());
        Assert.Equal(["Firing: Health check failing", "Firing: Health check failing"], await _nexus.TitlesAsync());
        Assert.Contains("clock is broken", (await _nexus.ToldAsync(2))[1], StringComparison.Ordinal);
        var silence = new AlertSilenceRow { Id = Guid.NewGuid(), Rule = "", Subject = node, StartsAt = default, EndsAt = default, Reason = "moved", CreatedAt = default, CreatedBy = "operator" };
        Assert.True(AlertRound.Covers(silence, "health", node + "/clock"));
        Assert.False(AlertRound.Covers(silence, "health", node + "2/clock"));
    }

    private async Task ChangeAsync(RuleChange change)
    {
        await using var scope = _nexus.App.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<AlertDesk>().ChangeAsync("errors", change, Operator, default);
    }
}
