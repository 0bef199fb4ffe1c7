using System.Diagnostics;
using System.Text.Json;
using CsCheck;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Channels;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Operations.Channels;

public sealed class ChannelTests : IAsyncLifetime, IDisposable
{
    private static readonly ChannelMessage Message = new("alert", "Firing: <Job> & more", "bad", DateTimeOffset.UnixEpoch, [new("vacuum failed <!channel> & <https://evil.example|click>", "http://nexus.example/dashboard/job/vacuum") { Rule = "job", State = "firing" }], "http://nexus.example/dashboard/alerts");
    private readonly HttpSender _http = new();
    private FakeAnthropic _hook = null!;

    public async Task InitializeAsync()
    {
        _hook = await FakeAnthropic.StartAsync();
        _hook.Replies("text/plain", "ok"u8.ToArray());
    }

    public async Task DisposeAsync() => await _hook.DisposeAsync();

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Slack_gets_escaped_text_and_the_name_and_picture_of_the_variables()
    {
        var slack = new SlackChannel(Options.Create(new ChannelOptions { Slack = new() { WebhookUrl = _hook.Url + "/services/x", Enabled = true, Username = "Nexus", IconEmoji = ":robot_face:", Channel = "#ops" } }), _http);
        Assert.Null((await slack.SendAsync(Guid.NewGuid(), Message, default)).Error);
        var sent = JsonDocument.Parse(_hook.Requests.Single().Body).RootElement;
        Assert.Equal(("Nexus", ":robot_face:", "#ops"), (sent.GetProperty("username").GetString(), sent.GetProperty("icon_emoji").GetString(), sent.GetProperty("channel").GetString()));
        var text = sent.GetProperty("text").GetString()!;
        Assert.StartsWith(":red_circle: *Firing: &lt;Job&gt; &amp; more*\n• vacuum failed &lt;!channel&gt; &amp; &lt;https://evil.example|click&gt; <http://nexus.example/dashboard/job/vacuum|Look>", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cut_text_has_its_length_and_no_escape_or_character_is_cut_in_two() => Gen.Select(Generators.OneOf("a", "&", "<", "😀").Array[0, 200], Gen.Int[40, 120]).Sample((text, most) =>
    {
        var escaped = SlackChannel.Escape(string.Concat(text));
        var cut = SlackChannel.Truncate(escaped, most);
        Assert.True(cut.Length <= most);
        if (escaped.Length <= most)
            Assert.Equal(escaped, cut);
        else
            Assert.True(escaped.StartsWith(cut[..^"... (truncated)".Length], StringComparison.Ordinal) && IsWhole(cut[..^"... (truncated)".Length]));
    });

    [Fact]
    public async Task A_webhook_is_signed_over_its_timestamp_and_body()
    {
        var webhook = new WebhookChannel(Options.Create(new ChannelOptions { Webhook = new() { Url = _hook.Url + "/hook?token=x", Secret = "a-shared-secret" } }), _http, TimeProvider.System);
        var delivery = Guid.NewGuid();
        Assert.Null((await webhook.SendAsync(delivery, Message, default)).Error);
        var request = _hook.Requests.Single();
        Assert.Equal(("/hook?token=x", delivery.ToString()), (request.Target, request.Header("X-Nexus-Delivery")));
        Assert.Equal("vacuum failed <!channel> & <https://evil.example|click>", JsonDocument.Parse(request.Body).RootElement.GetProperty("lines")[0].GetProperty("text").GetString());
        // As whoever receives it would: with openssl.
        var file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, [.. System.Text.Encoding.ASCII.GetBytes(request.Header("X-Nexus-Timestamp") + "."), .. request.Body]);
        using var openssl = Process.Start(new ProcessStartInfo("openssl", ["dgst", "-sha256", "-hmac", "a-shared-secret", "-r", file]) { RedirectStandardOutput = true })!;
        Assert.Equal(request.Header("X-Nexus-Signature"), "sha256=" + (await openssl.StandardOutput.ReadToEndAsync()).Split(' ')[0]);
        File.Delete(file);
    }

    [Theory]
    [InlineData(429, true, 77)]
    [InlineData(503, true, 77)]
    [InlineData(404, false, 77)]
    [InlineData(302, false, 77)]
    public async Task What_is_refused_is_tried_again_only_where_that_helps_and_not_sooner_than_asked(int status, bool again, int seconds)
    {
        _hook.Replies("text/plain", System.Text.Encoding.ASCII.GetBytes("no_service" + new string('x', 100_000)), status, ("Retry-After", "77"), ("Location", _hook.Url + "/elsewhere"));
        var result = await _http.PostAsync(_hook.Url, "{}", [], default);
        Assert.Equal((again, TimeSpan.FromSeconds(seconds)), (result.Again, result.After));
        Assert.StartsWith($"It answered {status}: no_service", result.Error, StringComparison.Ordinal);
        Assert.True(result.Error!.Length < 600);
        // No redirect is followed.
        Assert.Single(_hook.Requests);
        Assert.Equal(TimeSpan.FromSeconds(77), Deliveries.Pause(1, result.After));
        Assert.Equal([10, 30, 90, 270, 810], Enumerable.Range(1, 5).Select(attempt => (int)Deliveries.Pause(attempt, null).TotalSeconds));
    }

    [Fact]
    public async Task One_that_does_not_answer_is_given_up_after_seconds()
    {
        _hook.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        var result = await _http.PostAsync(_hook.Url, "{}", [], default);
        Assert.Equal((true, "No answer within 5 seconds."), (result.Again, result.Error));
        Assert.True((await _http.PostAsync("http://127.0.0.1:9/", "{}", [], default)).Again);
    }

    [Fact]
    public async Task Mail_is_plain_text_to_everybody_with_one_id_for_all_attempts()
    {
        await using var smtp = new FakeSmtp();
        var delivery = Guid.NewGuid();
        Assert.Null((await Email(smtp).SendAsync(delivery, Message, default)).Error);
        var mail = smtp.Mails.Single();
        Assert.Contains("Subject: [Nexus] Firing: <Job> & more", mail, StringComparison.Ordinal);
        Assert.Contains("To: ops@example.org, lead@example.org", mail, StringComparison.Ordinal);
        Assert.Contains($"Message-Id: <{delivery:N}@nexus>", mail, StringComparison.Ordinal);
        Assert.Contains("- vacuum failed <!channel> & <https://evil.example|click>", mail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("550 no such mailbox", false)]
    [InlineData("451 try later", true)]
    public async Task A_mail_that_is_refused_for_good_is_not_tried_again(string reply, bool again)
    {
        await using var smtp = new FakeSmtp { RecipientReply = reply };
        var result = await Email(smtp).SendAsync(Guid.NewGuid(), Message, default);
        Assert.Equal((again, reply[4..]), (result.Again, result.Error));
        Assert.Empty(smtp.Mails);
    }

    private static EmailChannel Email(FakeSmtp smtp) => new(Options.Create(new ChannelOptions { Email = new() { Host = "127.0.0.1", Port = smtp.Port, Tls = "none", From = "nexus@example.org", To = "ops@example.org, lead@example.org" } }));

    private static bool IsWhole(string text) => (text.Length == 0 || !char.IsHighSurrogate(text[^1])) && (text.LastIndexOf('&') is var escape && (escape < 0 || text.IndexOf(';', escape) > 0));
}
