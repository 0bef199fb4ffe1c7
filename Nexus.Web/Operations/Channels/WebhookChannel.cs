using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;

namespace Nexus.Web.Operations.Channels;

/// <summary>
/// Posts the message as JSON. <c>X-Nexus-Signature</c> is <c>sha256=</c> and the HMAC-SHA256, in hex, of the header
/// <c>X-Nexus-Timestamp</c> (seconds since 1970), a dot and the body: whoever checks both knows that it is no old message sent again.
/// <c>X-Nexus-Delivery</c> is the same for each attempt at one message.
/// </summary>
internal sealed class WebhookChannel(IOptions<ChannelOptions> options, HttpSender http, TimeProvider time) : IChannel
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private WebhookOptions Webhook => options.Value.Webhook;

    public string Name => "webhook";

    public string? Target => Webhook.Url.Length > 0 ? new Uri(Webhook.Url).Host + (Webhook.Secret.Length > 0 ? ", signed" : ", not signed") : null;

    public Task<SendResult> SendAsync(Guid delivery, ChannelMessage message, CancellationToken cancellation)
    {
        var body = JsonSerializer.Serialize(message, Json);
        var timestamp = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        List<(string, string)> headers = [("X-Nexus-Delivery", delivery.ToString()), ("X-Nexus-Timestamp", timestamp)];
        if (Webhook.Secret.Length > 0)
            headers.Add(("X-Nexus-Signature", Signature(Webhook.Secret, timestamp, body)));
        return http.PostAsync(Webhook.Url, body, headers, cancellation);
    }

    public static string Signature(string secret, string timestamp, string body) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{timestamp}.{body}")));
}
