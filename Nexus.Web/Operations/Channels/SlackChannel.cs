using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;

namespace Nexus.Web.Operations.Channels;

/// <summary>Slack's incoming webhook. Text from elsewhere can make no link and call nobody: &amp;, &lt; and &gt; are escaped.</summary>
internal sealed class SlackChannel(IOptions<ChannelOptions> options, HttpSender http) : IChannel
{
    public const int LongestText = 3000;
    private const string Cut = "... (truncated)";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private SlackOptions Slack => options.Value.Slack;

    public string Name => "slack";

    public string? Target => Slack is { Enabled: true, WebhookUrl.Length: > 0 } ? new Uri(Slack.WebhookUrl).Host + (Slack.Channel.Length > 0 ? " " + Slack.Channel : "") : null;

    public Task<SendResult> SendAsync(Guid delivery, ChannelMessage message, CancellationToken cancellation)
    {
        var sign = message.Tone switch { "bad" => ":red_circle:", "warn" => ":warning:", "good" => ":white_check_mark:", _ => ":information_source:" };
        var text = new StringBuilder($"{sign} *{Escape(message.Title)}*");
        foreach (var line in message.Lines)
            text.Append("\n• ").Append(Escape(line.Text)).Append(line.Link is null ? "" : $" <{Escape(line.Link)}|Look>");
        if (message.Link is { } link)
            text.Append($"\n<{Escape(link)}|Open the dashboard>");
        return PostAsync(Slack, text.ToString(), null, cancellation);
    }

    /// <param name="text">Escaped already.</param>
    /// <param name="footer">Small print under it, escaped; null for none.</param>
    public Task<SendResult> PostAsync(SlackOptions slack, string text, (string Footer, DateTimeOffset At)? footer, CancellationToken cancellation)
    {
        object[]? attachments = footer is { } small ? [new { small.Footer, ts = small.At.ToUnixTimeSeconds() }] : null;
        var json = JsonSerializer.Serialize(new { text = Truncate(text, LongestText), slack.Username, slack.IconEmoji, channel = slack.Channel.Length > 0 ? slack.Channel : null, attachments }, Json);
        return http.PostAsync(slack.WebhookUrl, json, [], cancellation);
    }

    public static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    /// <summary>Cut so that no escape and no character is cut in two.</summary>
    public static string Truncate(string text, int longest)
    {
        if (text.Length <= longest)
            return text;
        var end = longest - Cut.Length;
        if (text.LastIndexOf('&', end - 1, Math.Min(5, end)) is var escape and >= 0 && text.IndexOf(';', escape) >= end)
            end = escape;
        if (char.IsHighSurrogate(text[end - 1]))
            end--;
        return text[..end] + Cut;
    }
}
