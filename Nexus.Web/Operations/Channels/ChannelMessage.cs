using System.Text;
using Nexus.Web.Operations.Logs;

namespace Nexus.Web.Operations.Channels;

/// <summary>Something to tell, whatever the channel.</summary>
/// <param name="Kind"><c>alert</c>, <c>report</c> or <c>test</c>.</param>
/// <param name="Tone">"bad", "warn", "good" or none.</param>
/// <param name="Link">Where on the dashboard it is looked into; null when the dashboard's address is not known.</param>
internal sealed record ChannelMessage(string Kind, string Title, string Tone, DateTimeOffset At, IReadOnlyList<MessageLine> Lines, string? Link)
{
    /// <param name="dashboard">DASHBOARD_URL; empty: there are no links.</param>
    public static string? LinkTo(string dashboard, string path) => dashboard.Length == 0 ? null : dashboard.TrimEnd('/') + path;

    /// <summary>Without the secrets that errors from elsewhere may quote.</summary>
    public ChannelMessage Without(SecretMask mask) => this with
    {
        Title = mask.Apply(Title),
        Lines = [.. Lines.Select(line => line with { Text = mask.Apply(line.Text), Link = line.Link is null ? null : mask.Apply(line.Link), Subject = line.Subject is null ? null : mask.Apply(line.Subject) })],
    };

    /// <summary>As plain text, a line each.</summary>
    public string Text()
    {
        var text = new StringBuilder();
        foreach (var line in Lines)
            text.Append("- ").Append(line.Text).Append('\n').Append(line.Link is null ? "" : $"  {line.Link}\n");
        return text.Append(Link is null ? "" : $"\n{Link}\n").ToString();
    }
}

/// <param name="Link">Where on the dashboard it is looked into.</param>
internal sealed record MessageLine(string Text, string? Link)
{
    /// <summary>Of an alert: its rule, what it is about, and how it stands.</summary>
    public string? Rule { get; init; }

    public string? Subject { get; init; }

    public string? State { get; init; }

    public string? Severity { get; init; }

    public double? Value { get; init; }

    public double? Threshold { get; init; }

    public DateTimeOffset? StartedAt { get; init; }
}
