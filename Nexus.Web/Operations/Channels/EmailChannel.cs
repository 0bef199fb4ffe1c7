using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using Microsoft.Extensions.Options;
using MimeKit;

namespace Nexus.Web.Operations.Channels;

/// <summary>Plain text over SMTP, on a connection of its own each time: alerts are rare.</summary>
internal sealed class EmailChannel(IOptions<ChannelOptions> options) : IChannel
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private EmailOptions Email => options.Value.Email;

    public string Name => "email";

    public string? Target => Email is { Host.Length: > 0, To.Length: > 0 } ? $"{Email.To} through {Email.Host}" : null;

    public async Task<SendResult> SendAsync(Guid delivery, ChannelMessage message, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Longest);
        try
        {
            using var mail = Mail(delivery, message);
            using var client = new SmtpClient { Timeout = (int)Longest.TotalMilliseconds };
            await client.ConnectAsync(Email.Host, Email.Port, Security(Email.Tls), limit.Token);
            if (Email.Username.Length > 0)
                await client.AuthenticateAsync(Email.Username, Email.Password, limit.Token);
            await client.SendAsync(mail, limit.Token);
            await client.DisconnectAsync(quit: true, limit.Token);
            return SendResult.Sent;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new($"The mail server did not take it within {Longest.TotalSeconds:0} seconds.", Again: true);
        }
        catch (Exception error) when (error is SmtpCommandException { StatusCode: >= (SmtpStatusCode)500 } or AuthenticationException or ParseException or NotSupportedException)
        {
            return new(error.Message);
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException or CommandException or ProtocolException or SslHandshakeException or ServiceNotConnectedException or ServiceNotAuthenticatedException or InvalidOperationException or TimeoutException)
        {
            return new(error.Message, Again: true);
        }
    }

    private MimeMessage Mail(Guid delivery, ChannelMessage message)
    {
        var mail = new MimeMessage { Subject = "[Nexus] " + message.Title, Date = message.At, Body = new TextPart("plain") { Text = message.Text() } };
        mail.From.Add(MailboxAddress.Parse(Email.From.Length > 0 ? Email.From : "nexus@" + Environment.MachineName));
        foreach (var to in Email.To.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            mail.To.Add(MailboxAddress.Parse(to));
        // One message, however often it is tried: mail servers drop the second.
        mail.MessageId = $"{delivery:N}@nexus";
        mail.Headers.Add("Auto-Submitted", "auto-generated");
        return mail;
    }

    private static SecureSocketOptions Security(string tls) => tls switch
    {
        "tls" => SecureSocketOptions.SslOnConnect,
        "starttls" => SecureSocketOptions.StartTls,
        "none" => SecureSocketOptions.None,
        _ => SecureSocketOptions.Auto,
    };
}
