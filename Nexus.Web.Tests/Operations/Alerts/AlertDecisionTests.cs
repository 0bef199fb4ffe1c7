using CsCheck;
using Nexus.Web.Operations.Alerts;
using Xunit;

namespace Nexus.Web.Tests.Operations.Alerts;

public sealed class AlertDecisionTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    private static readonly Gen<AlertRule> Rules = Gen.Select(Gen.Int[0, 10], Gen.Int[0, 10], Gen.Int[0, 20], (hold, clear, again) =>
        new AlertRule("rule", "Rule", "", 1, AlertRule.Warning, TimeSpan.FromMinutes(hold), TimeSpan.FromMinutes(clear), TimeSpan.FromMinutes(again), ""));

    private static readonly Gen<Look[]> Looks = Gen.Select(Gen.Int[1, 300], Gen.Int[0, 3], Gen.Int[0, 6], (seconds, holds, silenced) => new Look(TimeSpan.FromSeconds(seconds), holds > 0, silenced == 0)).Array[0, 80];

    [Fact]
    public void It_fires_only_after_the_hold_down_and_is_resolved_only_after_the_clear_time() => Gen.Select(Rules, Looks).Sample((rule, looks) =>
    {
        DateTimeOffset? heldSince = null, overSince = null;
        foreach (var step in Play(rule, looks))
        {
            heldSince = step.Look.Holds ? heldSince ?? step.At : null;
            overSince = step.Look.Holds ? null : overSince ?? step.At;
            if (step.Was?.State is null or AlertState.Pending && step.Next?.State == AlertState.Firing)
                Assert.True(step.At - heldSince >= rule.For);
            if (step.Next?.State == AlertState.Resolved)
                Assert.True(step.At - overSince >= rule.Clear);
            if (step.Look.Holds)
                Assert.NotNull(step.Next);
        }
    });

    [Fact]
    public void Nobody_is_told_of_a_pending_or_silenced_one_and_each_end_follows_a_beginning() => Gen.Select(Rules, Looks).Sample((rule, looks) =>
    {
        var told = false;
        foreach (var step in Play(rule, looks))
        {
            if (step.Notice == AlertNotice.None)
            {
                told &= step.Next is not null && step.Next.Value.State != AlertState.Resolved;
                continue;
            }

            Assert.False(step.Look.Silenced);
            Assert.NotEqual(AlertState.Pending, step.Next!.Value.State);
            Assert.Equal(told, step.Notice != AlertNotice.Firing);
            told = step.Notice != AlertNotice.Resolved;
        }
    });

    [Fact]
    public void Reminders_are_as_far_apart_as_the_rule_says_and_stop_when_somebody_looks_after_it() => Gen.Select(Rules, Looks).Sample((rule, looks) =>
    {
        DateTimeOffset? last = null;
        foreach (var step in Play(rule, looks))
        {
            if (step.Notice == AlertNotice.StillFiring)
                Assert.True(rule.Renotify > TimeSpan.Zero && step.At - last >= rule.Renotify);
            if (step.Notice is AlertNotice.Firing or AlertNotice.StillFiring)
                last = step.At;
            if (step.Next is { State: AlertState.Firing } firing)
                Assert.Equal(AlertNotice.None, AlertDecision.Of(firing with { State = AlertState.Acknowledged }, true, rule, false, step.At + TimeSpan.FromDays(30)).Notice);
        }
    });

    [Fact]
    public void One_that_fires_on_after_its_silence_is_told_then()
    {
        var rule = AlertRules.Find("errors")! with { For = TimeSpan.Zero };
        var (silent, notice) = AlertDecision.Of(null, true, rule, true, Start);
        Assert.Equal((AlertState.Firing, AlertNotice.None), (silent!.Value.State, notice));
        Assert.Equal(AlertNotice.Firing, AlertDecision.Of(silent, true, rule, false, Start.AddHours(1)).Notice);
    }

    [Fact]
    public void Every_rule_has_its_own_name_and_words_and_sources_name_no_other()
    {
        Assert.Distinct(AlertRules.Defaults.Select(rule => rule.Id));
        Assert.All(AlertRules.Defaults, rule => Assert.True(rule.Title.Length > 0 && rule.Advice.EndsWith('.') && rule.Severity is AlertRule.Warning or AlertRule.Critical));
        Assert.True(AlertRules.Find("disk-forecast")!.Holds(6) && !AlertRules.Find("disk-forecast")!.Holds(20) && AlertRules.Find("memory")!.Holds(90));
    }

    private static IEnumerable<Step> Play(AlertRule rule, Look[] looks)
    {
        AlertStanding? alert = null;
        var at = Start;
        foreach (var look in looks)
        {
            at += look.After;
            var (next, notice) = AlertDecision.Of(alert, look.Holds, rule, look.Silenced, at);
            yield return new(look, at, alert, next, notice);
            alert = next is { State: AlertState.Resolved } ? null : next;
        }
    }

    private sealed record Look(TimeSpan After, bool Holds, bool Silenced);

    private sealed record Step(Look Look, DateTimeOffset At, AlertStanding? Was, AlertStanding? Next, AlertNotice Notice);
}
