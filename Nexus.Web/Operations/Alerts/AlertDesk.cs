using Microsoft.EntityFrameworkCore;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Channels;
using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Alerts;

/// <summary>A rule as somebody wants it.</summary>
internal sealed record RuleChange(bool Enabled, double Threshold, TimeSpan For, TimeSpan Clear, TimeSpan Renotify, string Severity, IReadOnlyList<string>? Channels);

/// <summary>What people do about alerts; each with its line in the audit log, in one transaction.</summary>
internal sealed class AlertDesk(NexusDbContext db, Deliveries deliveries, TimeProvider time)
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(31);

    /// <exception cref="FormatException">It is not firing.</exception>
    public async Task AcknowledgeAsync(Guid id, Actor actor, CancellationToken cancellation)
    {
        var alert = await db.Alerts.FirstOrDefaultAsync(row => row.Id == id && row.State == "firing", cancellation) ?? throw new FormatException("This alert is not firing any more.");
        var now = time.GetUtcNow();
        (alert.State, alert.AcknowledgedAt, alert.AcknowledgedBy) = ("acknowledged", now, actor.Name);
        db.Record(actor, now, "alert.acknowledged", alert.Rule, new { alert.Subject, alert.Summary });
        await db.SaveChangesAsync(cancellation);
    }

    /// <param name="rule">Empty: all.</param>
    /// <exception cref="FormatException">Says what cannot be used.</exception>
    public async Task SilenceAsync(string rule, string subject, TimeSpan length, string reason, Actor actor, CancellationToken cancellation)
    {
        if (rule.Length > 0 && AlertRules.Find(rule) is null)
            throw new FormatException($"There is no rule '{rule}'.");
        if (length < TimeSpan.FromMinutes(1) || length > Longest)
            throw new FormatException($"A silence lasts from a minute to {Longest.Days} days.");
        if (reason.Length is 0 or > 200)
            throw new FormatException("Say why, in 200 characters at most: others will wonder.");
        var now = time.GetUtcNow();
        var silence = new AlertSilenceRow { Id = Guid.CreateVersion7(now), Rule = rule, Subject = subject, StartsAt = now, EndsAt = now + length, Reason = reason, CreatedAt = now, CreatedBy = actor.Name };
        db.Add(silence);
        db.Record(actor, now, "alert.silenced", rule.Length == 0 ? "all rules" : rule, new { subject, until = silence.EndsAt, reason });
        await db.SaveChangesAsync(cancellation);
    }

    /// <exception cref="FormatException">It is over.</exception>
    public async Task EndSilenceAsync(Guid id, Actor actor, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var silence = await db.AlertSilences.FirstOrDefaultAsync(row => row.Id == id && row.EndsAt > now, cancellation) ?? throw new FormatException("This silence is over already.");
        silence.EndsAt = now;
        db.Record(actor, now, "alert.silence_ended", silence.Rule.Length == 0 ? "all rules" : silence.Rule, new { silence.Subject, silence.Reason });
        await db.SaveChangesAsync(cancellation);
    }

    /// <exception cref="FormatException">Says what cannot be used.</exception>
    public async Task ChangeAsync(string id, RuleChange change, Actor actor, CancellationToken cancellation)
    {
        var rule = AlertRules.Find(id) ?? throw new FormatException($"There is no rule '{id}'.");
        if (!double.IsFinite(change.Threshold) || change.Threshold < 0)
            throw new FormatException("The threshold is a number from 0 on.");
        if (new[] { change.For, change.Clear, change.Renotify }.Any(span => span < TimeSpan.Zero || span > Longest))
            throw new FormatException($"Times are from 0 to {Longest.TotalMinutes:0} minutes.");
        if (change.Severity is not (AlertRule.Warning or AlertRule.Critical))
            throw new FormatException($"'{change.Severity}' is no severity.");
        var row = await db.AlertRules.FirstOrDefaultAsync(known => known.Rule == id, cancellation);
        var before = rule.With(row);
        if (row is null)
            db.Add(row = new() { Rule = id, Severity = rule.Severity, UpdatedAt = default, UpdatedBy = "" });
        (row.Enabled, row.Threshold, row.Severity, row.Channels) = (change.Enabled, rule.Unit.Length == 0 ? rule.Threshold : change.Threshold, change.Severity, change.Channels?.ToArray());
        (row.ForSeconds, row.ClearSeconds, row.RenotifySeconds) = ((int)change.For.TotalSeconds, (int)change.Clear.TotalSeconds, (int)change.Renotify.TotalSeconds);
        (row.UpdatedAt, row.UpdatedBy) = (time.GetUtcNow(), actor.Name);
        db.Record(actor, row.UpdatedAt, "alert.rule_changed", id, new { before = Told(before), after = Told(rule.With(row)) });
        await db.SaveChangesAsync(cancellation);
    }

    /// <summary>Back to what the code says.</summary>
    public async Task ResetAsync(string id, Actor actor, CancellationToken cancellation)
    {
        var row = await db.AlertRules.FirstOrDefaultAsync(known => known.Rule == id, cancellation) ?? throw new FormatException($"Nothing of '{id}' was changed.");
        db.Remove(row);
        db.Record(actor, time.GetUtcNow(), "alert.rule_reset", id, new { before = Told(AlertRules.Find(id)!.With(row)) });
        await db.SaveChangesAsync(cancellation);
    }

    /// <summary>Queues a message that says that the channel works.</summary>
    /// <exception cref="FormatException">It is not set up.</exception>
    public async Task TestAsync(string channel, Actor actor, CancellationToken cancellation)
    {
        if (!deliveries.SetUp.Contains(channel))
            throw new FormatException($"The channel '{channel}' is not set up: docs/configuration.md names its variables.");
        var now = time.GetUtcNow();
        db.Add(deliveries.New(channel, new("test", "Nexus can reach you here", "good", now, [new($"{actor.Name} sent this test from the page Alerts.", null)], null)));
        db.Record(actor, now, "channel.tested", channel);
        await db.SaveChangesAsync(cancellation);
    }

    private static object Told(AlertRule rule) => new { rule.Enabled, rule.Threshold, rule.Severity, forMinutes = rule.For.TotalMinutes, clearMinutes = rule.Clear.TotalMinutes, renotifyMinutes = rule.Renotify.TotalMinutes, rule.Channels };
}
