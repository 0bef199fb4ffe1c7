using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Alerts;

/// <summary>An alert that somebody is told of, and why.</summary>
internal sealed record AlertNews(AlertRow Alert, AlertRule Rule, AlertNotice Notice);

/// <summary>One look at everything: readings, rules and silences make of the open alerts what they are next.</summary>
internal sealed class AlertRound(IReadOnlyDictionary<string, AlertRule> rules, IReadOnlyList<AlertSilenceRow> silences, DateTimeOffset at)
{
    public List<AlertRow> Begun { get; } = [];

    /// <summary>Pending ones whose condition is over: nothing to remember.</summary>
    public List<AlertRow> Dropped { get; } = [];

    public List<AlertNews> News { get; } = [];

    /// <param name="open">Those that are not resolved; they are changed.</param>
    /// <param name="node">This node's name.</param>
    /// <param name="gone">Whether a node is no more: its alerts are over.</param>
    public void Run(IReadOnlyList<AlertRow> open, Readings readings, string node, Func<string, bool> gone)
    {
        var known = open.ToDictionary(alert => (alert.Rule, alert.Subject));
        var seen = new HashSet<(string, string)>();
        foreach (var reading in readings.All)
            if (rules.TryGetValue(reading.Rule, out var rule) && seen.Add((reading.Rule, reading.Subject)))
                Look(known.GetValueOrDefault((reading.Rule, reading.Subject)), reading, rule);
        foreach (var alert in open.Where(alert => !seen.Contains((alert.Rule, alert.Subject))))
        {
            var looked = readings.Everywhere.Contains(alert.Rule) || (readings.Here.Contains(alert.Rule) && (Reading.NodeOf(alert.Subject) is var of && (of == node || gone(of))));
            if (!rules.TryGetValue(alert.Rule, out var rule))
                Resolve(alert);
            else if (looked || !rule.Enabled)
                Look(alert, null, rule);
        }
    }

    private void Look(AlertRow? alert, Reading? reading, AlertRule rule)
    {
        var holds = reading is not null && rule.Holds(reading.Value);
        var silenced = silences.Any(silence => silence.StartsAt <= at && at < silence.EndsAt && Covers(silence, rule.Id, reading?.Subject ?? alert!.Subject));
        var (next, notice) = AlertDecision.Of(alert is null ? null : Standing(alert), holds, rule, silenced, at);
        if (next is not { } standing)
        {
            if (alert is not null)
                Dropped.Add(alert);
            return;
        }

        if (alert is null)
            Begun.Add(alert = new() { Id = Guid.CreateVersion7(at), Rule = rule.Id, Subject = reading!.Subject, Severity = rule.Severity, State = "pending", Summary = reading.Says, StartedAt = at });
        if (holds)
            (alert.Summary, alert.Value, alert.Threshold, alert.Severity, alert.Href) = (reading!.Says, reading.Value, rule.Threshold, rule.Severity, reading.Href);
        (alert.State, alert.FiredAt, alert.ClearSince, alert.NotifiedAt) = (ToText(standing.State), standing.FiredAt, standing.ClearSince, standing.NotifiedAt);
        if (standing.State == AlertState.Resolved)
            alert.ResolvedAt = at;
        if (notice != AlertNotice.None)
            News.Add(new(alert, rule, notice));
    }

    /// <summary>Its rule does not exist any more.</summary>
    private void Resolve(AlertRow alert) => (alert.State, alert.ResolvedAt) = ("resolved", at);

    /// <summary>Whether a silence is about an alert, whenever it is. A node's is about all its parts.</summary>
    public static bool Covers(AlertSilenceRow silence, string rule, string subject) =>
        (silence.Rule.Length == 0 || silence.Rule == rule) && (silence.Subject.Length == 0 || silence.Subject == subject || silence.Subject == Reading.NodeOf(subject));

    private static AlertStanding Standing(AlertRow alert) => new(Enum.Parse<AlertState>(alert.State, ignoreCase: true), alert.StartedAt, alert.FiredAt, alert.ClearSince, alert.NotifiedAt);

    private static string ToText(AlertState state) => state switch
    {
        AlertState.Pending => "pending",
        AlertState.Firing => "firing",
        AlertState.Acknowledged => "acknowledged",
        _ => "resolved",
    };
}
