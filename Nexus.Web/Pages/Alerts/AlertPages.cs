using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Operations.Alerts;
using Nexus.Web.Operations.Channels;
using Nexus.Web.Pages.Shared.Alerts;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Alerts;

/// <summary>What the page Alerts and the banner show, and how the form of a rule is read.</summary>
internal sealed class AlertPages(NexusDbContext db, Deliveries deliveries, TimeProvider time)
{
    private const int PageSize = 50;

    private static readonly (string Name, string Title, string Variables)[] Channels =
        [("slack", "Slack", "SLACK_WEBHOOK_URL"), ("webhook", "Webhook", "ALERT_WEBHOOK_URL"), ("email", "E-mail", "SMTP_HOST, ALERT_EMAIL_TO")];

    public static IReadOnlyList<string> Views { get; } = ["firing", "history", "rules", "silences", "channels"];

    /// <param name="before">Id of the last line of the page before.</param>
    public async Task<AlertsPart> ReadAsync(string view, Guid? before, CancellationToken cancellation)
    {
        var open = await db.Alerts.AsNoTracking().Where(alert => alert.State != "resolved").OrderByDescending(alert => alert.Severity == "critical").ThenByDescending(alert => alert.StartedAt).ToListAsync(cancellation);
        var part = new AlertsPart(view, open.Count(alert => alert.State != "pending")) { Channels = [.. Channels.Select(channel => new ChannelLine(channel.Name, channel.Title, deliveries.Channels.First(known => known.Name == channel.Name).Target, channel.Variables))] };
        switch (view)
        {
            case "history":
                var ended = await db.Alerts.AsNoTracking().Where(alert => alert.State == "resolved" && (before == null || alert.Id.CompareTo(before.Value) < 0)).OrderByDescending(alert => alert.Id).Take(PageSize + 1).ToListAsync(cancellation);
                return part with { Alerts = [.. ended.Take(PageSize).Select(alert => Line(alert, []))], Older = Older(view, ended.Count, ended.ElementAtOrDefault(PageSize - 1)?.Id) };
            case "rules":
                return part with { Rules = await RulesAsync(cancellation) };
            case "silences":
                var silences = await db.AlertSilences.AsNoTracking().OrderByDescending(silence => silence.EndsAt).Take(PageSize).ToListAsync(cancellation);
                return part with { Rules = await RulesAsync(cancellation), Silences = [.. silences.Select(row => new SilenceLine(row.Id, row.Rule, row.Subject, row.EndsAt, row.Reason, row.CreatedBy, row.EndsAt <= time.GetUtcNow()))] };
            case "channels":
                var log = await db.AlertDeliveries.AsNoTracking().Where(row => before == null || row.Id.CompareTo(before.Value) < 0).OrderByDescending(row => row.Id).Take(PageSize + 1)
                    .Select(row => new DeliveryLine(row.Id, row.Channel, row.Kind, row.Title, row.State, row.Attempts, row.CreatedAt, row.SentAt, row.NextAt, row.Error)).ToListAsync(cancellation);
                return part with { Deliveries = [.. log.Take(PageSize)], Older = Older(view, log.Count, log.ElementAtOrDefault(PageSize - 1)?.Id) };
            default:
                var now = time.GetUtcNow();
                var silent = await db.AlertSilences.AsNoTracking().Where(silence => silence.EndsAt > now && silence.StartsAt <= now).ToListAsync(cancellation);
                return part with { Alerts = [.. open.Select(alert => Line(alert, silent))] };
        }
    }

    /// <summary>For the top of a page: what fires and nobody has acknowledged, critical ones first. Budgets have a banner of their own there.</summary>
    public async Task<List<AlertLine>> FiringAsync(CancellationToken cancellation)
    {
        var firing = await db.Alerts.AsNoTracking().Where(alert => alert.State == "firing" && alert.Rule != "budget").OrderByDescending(alert => alert.Severity == "critical").ThenByDescending(alert => alert.StartedAt).Take(PageSize).ToListAsync(cancellation);
        return [.. firing.Select(alert => Line(alert, []))];
    }

    /// <exception cref="FormatException">Says which field cannot be read.</exception>
    public static RuleChange Read(IFormCollection form)
    {
        var channels = form["channels"].OfType<string>().Where(name => Channels.Any(known => known.Name == name)).ToList();
        return new(form["enabled"] == "true", form.ContainsKey("threshold") ? Number("The threshold", form["threshold"]) : 1, Minutes("held", form["for"]), Minutes("over", form["clear"]), Minutes("between reminders", form["renotify"]),
            form["severity"].ToString(), channels.Count == Channels.Length ? null : channels);
    }

    private async Task<List<AlertRuleLine>> RulesAsync(CancellationToken cancellation)
    {
        var changed = await db.AlertRules.AsNoTracking().ToDictionaryAsync(row => row.Rule, cancellation);
        return [.. AlertRules.Defaults.Select(rule => rule.With(changed.GetValueOrDefault(rule.Id))).Select(rule => new AlertRuleLine(
            rule.Id, rule.Title, rule.Unit, rule.Below, rule.Enabled, rule.Threshold, rule.Severity, rule.For, rule.Clear, rule.Renotify, rule.Channels, rule.Advice, rule.ChangedBy, rule.ChangedAt))];
    }

    private static AlertLine Line(AlertRow alert, IReadOnlyList<AlertSilenceRow> silences)
    {
        var rule = AlertRules.Find(alert.Rule);
        return new(alert.Id, alert.Rule, rule?.Title ?? alert.Rule, alert.Subject, alert.Severity, alert.State, alert.Summary, rule?.Advice ?? "", alert.Href, alert.StartedAt, alert.FiredAt, alert.AcknowledgedAt, alert.AcknowledgedBy, alert.ResolvedAt,
            silences.Any(silence => AlertRound.Covers(silence, alert.Rule, alert.Subject)));
    }

    private static string? Older(string view, int count, Guid? last) => count > PageSize ? $"/dashboard/alerts?view={view}&before={last}" : null;

    private static TimeSpan Minutes(string what, string? text) => Number($"The minutes {what}", text) is var minutes && minutes <= 100_000 ? TimeSpan.FromMinutes(minutes) : throw new FormatException($"The minutes {what} are too many.");

    private static double Number(string what, string? text) => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"{what}: a number is needed, not '{text}'.");
}
