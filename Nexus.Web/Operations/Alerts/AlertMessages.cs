using System.Globalization;
using Nexus.Web.Operations.Channels;

namespace Nexus.Web.Operations.Alerts;

/// <summary>Puts what one look found into messages: one for each channel, however many alerts there are.</summary>
internal static class AlertMessages
{
    private const int MostLines = 20;

    /// <param name="channels">Those that are set up.</param>
    /// <param name="dashboard">Address that links begin with; empty: none are given.</param>
    public static IEnumerable<(string Channel, ChannelMessage Message)> Of(IReadOnlyList<AlertNews> news, IReadOnlyList<string> channels, string dashboard, DateTimeOffset at)
    {
        foreach (var channel in channels)
        {
            var told = news.Where(one => one.Rule.Channels?.Contains(channel) != false).OrderBy(one => one.Notice == AlertNotice.Resolved).ThenBy(one => one.Rule.Severity != AlertRule.Critical).ThenBy(one => one.Rule.Id, StringComparer.Ordinal).ToList();
            if (told.Count > 0)
                yield return (channel, Message(told, dashboard, at));
        }
    }

    private static ChannelMessage Message(List<AlertNews> news, string dashboard, DateTimeOffset at)
    {
        var firing = news.Where(one => one.Notice != AlertNotice.Resolved).ToList();
        var title = firing.Count == 0 ? Title("Resolved", news) : Title(firing.All(one => one.Notice == AlertNotice.StillFiring) ? "Still firing" : "Firing", firing);
        var lines = news.Take(MostLines).Select(one => Line(one, dashboard, at)).ToList();
        if (news.Count > MostLines)
            lines.Add(new(string.Create(CultureInfo.InvariantCulture, $"and {news.Count - MostLines} more"), ChannelMessage.LinkTo(dashboard, "/dashboard/alerts")));
        var tone = firing.Count == 0 ? "good" : firing.Any(one => one.Rule.Severity == AlertRule.Critical) ? "bad" : "warn";
        return new("alert", title, tone, at, lines, ChannelMessage.LinkTo(dashboard, "/dashboard/alerts"));
    }

    private static string Title(string what, List<AlertNews> news) => news.Select(one => one.Rule.Id).Distinct().Count() == 1
        ? $"{what}: {news[0].Rule.Title}{(news.Count > 1 ? string.Create(CultureInfo.InvariantCulture, $" ({news.Count})") : "")}"
        : string.Create(CultureInfo.InvariantCulture, $"{what}: {news.Count} alerts");

    private static MessageLine Line(AlertNews one, string dashboard, DateTimeOffset at)
    {
        var (alert, over) = (one.Alert, one.Notice == AlertNotice.Resolved);
        var lasted = Pages.Shared.Kit.Display.Milliseconds((at - alert.StartedAt).TotalMilliseconds);
        var text = over ? $"Resolved after {lasted}: {alert.Summary}" : $"{alert.Summary}{(one.Notice == AlertNotice.StillFiring ? $" For {lasted} now." : "")} {one.Rule.Advice}";
        return new(text, ChannelMessage.LinkTo(dashboard, alert.Href ?? "/dashboard/alerts")) { Rule = one.Rule.Id, Subject = alert.Subject, State = over ? "resolved" : "firing", Severity = alert.Severity, Value = alert.Value, Threshold = alert.Threshold, StartedAt = alert.StartedAt };
    }
}
