using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed class RequestPageTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("text/event-stream", Streams.Whole);
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task What_a_caller_wrote_is_shown_and_never_run_or_fetched()
    {
        var id = await _session.RequestAsync("""{"model":"claude-opus-5","messages":[{"role":"user","content":"Hi <script>alert(1)</script> ![x](http://evil.example/p.png) [y](javascript:alert(2))"}]}""");
        var page = await _session.PageAsync($"/dashboard/request/{id}");
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>alert", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", page, StringComparison.Ordinal);
        Assert.DoesNotContain("javascript:", page, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-ant-own", page, StringComparison.Ordinal);
        Assert.Contains("Let me see.", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("conversation", "Let me see.")]
    [InlineData("raw", "&quot;message_start&quot;|claude-opus-5-20260801")]
    [InlineData("headers", "x-api-key")]
    [InlineData("events", "content_block_delta")]
    public async Task Each_view_is_a_whole_page_and_a_fragment(string view, string says)
    {
        var id = await _session.RequestAsync();
        var page = await _session.PageAsync($"/dashboard/request/{id}?view={view}");
        var fragment = await _session.PageAsync($"/dashboard/request/{id}?view={view}", htmx: true);
        Assert.Contains("<html", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<html", fragment, StringComparison.Ordinal);
        Assert.Matches(says, page);
        Assert.Matches(says, fragment);
        Assert.DoesNotContain("sk-ant-own", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_conversation_shows_its_end_and_loads_the_rest_in_pieces()
    {
        var messages = Enumerable.Range(1, 95).Select(i => $$"""{"role":"{{(i % 2 == 1 ? "user" : "assistant")}}","content":"text number {{i}}."}""");
        var id = await _session.RequestAsync($$"""{"model":"claude-opus-5","messages":[{{string.Join(',', messages)}}]}""");
        var page = await _session.PageAsync($"/dashboard/request/{id}");
        Assert.Equal(Enumerable.Range(76, 20), Numbers(page));
        var earlier = await _session.PageAsync($"/dashboard/request/{id}?before=75", htmx: true);
        Assert.Equal(Enumerable.Range(26, 50), Numbers(earlier));
        Assert.Contains("before=25", earlier, StringComparison.Ordinal);
        var first = await _session.PageAsync($"/dashboard/request/{id}?before=25");
        Assert.Contains("<html", first, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(1, 25), Numbers(first));
        Assert.DoesNotContain("Show earlier", first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_stream_shows_when_each_event_arrived()
    {
        _upstream.Answer = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            foreach (var part in new[] { Streams.Events[..1], Streams.Events[1..] })
            {
                await context.Response.WriteAsync(string.Concat(part));
                await context.Response.Body.FlushAsync();
                await Task.Delay(1500); // a busy machine reads the first late
            }
        };
        var id = await _session.RequestAsync();
        var view = await _session.PageAsync($"/dashboard/request/{id}?view=events", htmx: true);
        var offsets = Regex.Matches(view, "<td class=\"number\">([0-9.]+) ms</td>").Select(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(Streams.Events.Length, offsets.Count);
        Assert.True(offsets[1] - offsets[0] > 100, string.Join(", ", offsets));
        Assert.Equal(offsets.Order(), offsets);
    }

    [Fact]
    public async Task Neighbours_follow_the_filter()
    {
        var first = await _session.RequestAsync(host: "one.example");
        var other = await _session.RequestAsync(host: "two.example");
        var last = await _session.RequestAsync(host: "one.example");
        var page = await _session.PageAsync($"/dashboard/request/{first}?domain=one.example");
        Assert.Contains($"rel=\"prev\" href=\"/dashboard/request/{last}?domain=one.example\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("rel=\"next\"", page, StringComparison.Ordinal);
        var middle = await _session.PageAsync($"/dashboard/request/{other}");
        Assert.Contains($"rel=\"next\" href=\"/dashboard/request/{first}\"", middle, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_sends_the_same_bytes_again_with_the_readers_own_credential()
    {
        const string Body = """{"model":"claude-opus-5","messages":[{"role":"user","content":"it's $HOME `id` \\ \"x\" %s ☃"}]}""";
        var id = await _session.RequestAsync(Body);
        var command = await _session.PageAsync($"/dashboard/request/{id}?handler=curl");
        Assert.Contains("$ANTHROPIC_API_KEY", command, StringComparison.Ordinal);
        Assert.DoesNotContain("sk-ant-own", command, StringComparison.Ordinal);
        Assert.DoesNotContain("****", command, StringComparison.Ordinal);
        // The shell itself says what it would send: everything before curl, into cat.
        var script = command[..command.IndexOf("| curl", StringComparison.Ordinal)].TrimEnd().TrimEnd('\\') + " | cat";
        var (code, sent) = await ProcessRunner.RunAsync("/bin/sh", ["-c", script], CancellationToken.None);
        Assert.Equal(0, code);
        Assert.Equal(Body, sent.Trim('\n'));
    }

    [Fact]
    public async Task A_request_that_is_not_there_is_404()
    {
        using var response = await _session.SendAsync("/dashboard/request/0190f0e0-0000-7000-8000-000000000000");
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static IEnumerable<int> Numbers(string html) => Regex.Matches(html, "text number ([0-9]+)\\.").Select(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));
}
