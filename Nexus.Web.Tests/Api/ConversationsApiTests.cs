using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Api;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Api;

/// <summary>Conversations of a client that sends no identifier at all, as API and pages give them.</summary>
public sealed class ConversationsApiTests : IAsyncLifetime
{
    private const string First = """{"role":"user","content":"Why does the zebra test fail?"}""";
    private const string Answer = """{"role":"assistant","content":[{"type":"text","text":"Hello"}]}""";
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
    public async Task A_loop_is_one_conversation_with_two_branches_and_what_stands_alone_is_another()
    {
        var first = await SayAsync(First);
        var second = await SayAsync(First, Answer, """{"role":"user","content":"Go on."}""");
        var other = await SayAsync(First, Answer, """{"role":"user","content":"Another way."}""");
        var alone = await SayAsync("""{"role":"user","content":"Something else"}""");

        var list = await JsonAsync("/api/conversations");
        Assert.Equal([alone, first], list.GetProperty("conversations").EnumerateArray().Select(item => item.GetProperty("conversationId").GetString()));
        var loop = list.GetProperty("conversations")[1];
        Assert.Equal((3, 2, 1), (loop.GetProperty("messageCount").GetInt32(), loop.GetProperty("branchCount").GetInt32(), loop.GetProperty("userBranchCount").GetInt32()));
        Assert.Equal("Why does the zebra test fail?", loop.GetProperty("title").GetString());
        Assert.Equal(2, list.GetProperty("pagination").GetProperty("total").GetInt32());

        var tree = await JsonAsync($"/api/conversations/{first}/tree");
        Assert.Equal([(null, "main"), (first, "main"), (first, "branch_")], tree.GetProperty("nodes").EnumerateArray().Select(node => (node.GetProperty("parentRequestId").GetString(), node.GetProperty("branchId").GetString()!.TrimEnd("0123456789".ToCharArray()))));
        Assert.Equal([first, second, other], tree.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("requestId").GetString()));
        // The list's total, the single request among it.
        var stats = await JsonAsync("/api/dashboard/stats");
        Assert.Equal((2, 4, 3), (stats.GetProperty("totalConversations").GetInt32(), stats.GetProperty("totalRequests").GetInt32(), stats.GetProperty("totalBranches").GetInt32()));
        Assert.Equal(2, stats.GetProperty("last24Hours").GetProperty("conversations").GetInt32());
        Assert.Equal(0, (await JsonAsync("/api/dashboard/stats?domain=nobody.example")).GetProperty("totalConversations").GetInt32());
        Assert.Equal(1, (await JsonAsync("/api/analytics/conversations/weekly")).GetProperty("weeks").EnumerateArray().Last().GetProperty("conversationCount").GetInt32());
        var export = await JsonAsync($"/api/conversations/{first}/export");
        Assert.Equal(2, export.GetProperty("branches").GetArrayLength());
    }

    [Fact]
    public async Task Pages_of_the_list_go_on_where_the_last_ended()
    {
        for (var i = 0; i < 5; i++)
            await SayAsync($$"""{"role":"user","content":"Number {{i}}"}""");
        var (seen, next) = (new List<string?>(), (string?)null);
        do
        {
            var page = await JsonAsync("/api/conversations?limit=2" + (next is null ? "" : "&before=" + Uri.EscapeDataString(next)));
            seen.AddRange(page.GetProperty("conversations").EnumerateArray().Select(item => item.GetProperty("conversationId").GetString()));
            next = page.GetProperty("pagination").GetProperty("next").GetString();
        }
        while (next is not null);
        Assert.Equal((5, 5), (seen.Count, seen.Distinct().Count()));
    }

    [Theory]
    [InlineData("/api/conversations?limit=none", 400)]
    [InlineData("/api/conversations?before=then", 400)]
    [InlineData("/api/conversations?only=everything", 400)]
    [InlineData("/api/conversations/none", 400)]
    [InlineData("/api/conversations/01a2122e-286b-7d9c-a87a-1ddf2a295fca", 404)]
    [InlineData("/api/conversations/01a2122e-286b-7d9c-a87a-1ddf2a295fca/tree", 404)]
    public async Task What_cannot_be_answered_says_so(string path, int status)
    {
        using var response = await SendAsync(path);
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task The_pages_find_a_conversation_by_its_words_and_show_it_read_as_a_tree_and_over_time()
    {
        var first = await SayAsync(First);
        await SayAsync(First, Answer, """{"role":"user","content":"Go on with the giraffe."}""");
        Assert.Contains("Why does the zebra test fail?", await _session.PageAsync("/dashboard/conversations"), StringComparison.Ordinal);
        foreach (var (words, found) in new[] { ("zebra", true), ("giraffe", true), ("elephant", false) })
        {
            var fragment = await _session.PageAsync("/dashboard/conversations?q=" + words, htmx: true);
            Assert.DoesNotContain("<html", fragment, StringComparison.Ordinal);
            Assert.Equal(found, fragment.Contains($"c-{first}", StringComparison.Ordinal));
        }

        foreach (var (view, text) in new[] { ("transcript", "giraffe"), ("tree", $"n-{first}"), ("timeline", "before it"), ("timeline", "<p class=\"timeline-asked\">Go on with the giraffe.</p>") })
        {
            Assert.Contains(text, await _session.PageAsync($"/dashboard/conversation/{first}?view={view}"), StringComparison.Ordinal);
            Assert.DoesNotContain("<html", await _session.PageAsync($"/dashboard/conversation/{first}?view={view}", htmx: true), StringComparison.Ordinal);
        }

        Assert.Contains("## 3. user", await _session.PageAsync($"/dashboard/conversation/{first}?handler=export&format=markdown"), StringComparison.Ordinal);
        using var none = await _session.SendAsync("/dashboard/conversation/01a2122e-286b-7d9c-a87a-1ddf2a295fca");
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task Totals_are_read_anew_after_thirty_seconds()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        using var totals = new DashboardTotals(_nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>(), time);
        async Task<int> Count() => JsonSerializer.SerializeToElement(await totals.OfAsync(null, null, 30, CancellationToken.None)).GetProperty("totalConversations").GetInt32();
        Assert.Equal(0, await Count());
        await SayAsync(First);
        Assert.Equal(0, await Count());
        time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(1, await Count());
    }

    private Task<string> SayAsync(params string[] messages) => _session.RequestAsync($$"""{"model":"claude-opus-5","stream":true,"messages":[{{string.Join(',', messages)}}]}""");

    private async Task<JsonElement> JsonAsync(string path)
    {
        using var response = await SendAsync(path);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }

    private async Task<HttpResponseMessage> SendAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-API-Key", NexusApp.Key } } };
        return await _nexus.Dashboard.SendAsync(request);
    }
}
