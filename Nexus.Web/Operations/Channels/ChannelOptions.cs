namespace Nexus.Web.Operations.Channels;

/// <summary>How people are told. A channel without its address is not set up.</summary>
internal sealed class ChannelOptions
{
    public const string Section = "Channels";

    /// <summary>Address of the dashboard as people reach it, for links; empty: messages have none.</summary>
    public string DashboardUrl { get; set; } = "";

    /// <summary>Names of the channels that reports are sent through, separated by commas.</summary>
    public string Reports { get; set; } = "";

    public SlackOptions Slack { get; set; } = new();

    public WebhookOptions Webhook { get; set; } = new();

    public EmailOptions Email { get; set; } = new();
}

internal sealed class SlackOptions
{
    public string WebhookUrl { get; set; } = "";

    /// <summary>Empty: the webhook's own.</summary>
    public string Channel { get; set; } = "";

    public string Username { get; set; } = "";

    public string IconEmoji { get; set; } = "";

    public bool Enabled { get; set; }

    /// <summary>Domains whose conversations are noted, separated by commas; * for all; empty for none.</summary>
    public string Conversations { get; set; } = "";
}

internal sealed class WebhookOptions
{
    public string Url { get; set; } = "";

    /// <summary>Signs what is sent; empty: it is not signed.</summary>
    public string Secret { get; set; } = "";
}

internal sealed class EmailOptions
{
    public string Host { get; set; } = "";

    public int Port { get; set; }

    public string Username { get; set; } = "";

    public string Password { get; set; } = "";

    /// <summary><c>auto</c>, <c>tls</c>, <c>starttls</c> or <c>none</c>.</summary>
    public string Tls { get; set; } = "";

    public string From { get; set; } = "";

    /// <summary>Separated by commas.</summary>
    public string To { get; set; } = "";
}
