using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Access.Keys;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Access.BreakGlass;

/// <summary>What is one's own, and what of others needs a reason.</summary>
public sealed class BreakGlassTests : IAsyncLifetime
{
    private const string Roles = "ada@one.example=member, ana@one.example=analyst, boss@one.example=administrator";
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Streams.Json);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task Somebody_sees_what_is_theirs_whatever_their_role_and_nothing_else()
    {
        await StartAsync();
        var own = await AskAsync("Ada@One.example", "words of ada");
        var other = await AskAsync("bob@one.example", "words of bob");
        using var ada = await Visitor.EnterAsync(_nexus, "ada@one.example");
        var mine = "";
        await NexusApp.UntilAsync(async () => (mine = await ada.PageAsync("/dashboard/mine")).Contains($"r-{own}", StringComparison.Ordinal), "the request is listed");
        Assert.DoesNotContain(other, mine, StringComparison.Ordinal);
        Assert.DoesNotContain("bob@one.example", mine, StringComparison.Ordinal);
        Assert.Contains("laptop of Ada@One.example", mine, StringComparison.Ordinal);
        foreach (var path in new[] { $"/dashboard/request/{own}", $"/dashboard/conversation/{own}", $"/dashboard/compare?left={own}&right={own}", $"/api/requests/{own}", $"/api/requests/{own}/body", $"/api/conversations/{own}" })
            Assert.Equal($"{path} OK", $"{path} {await ada.StatusAsync(path)}");
        foreach (var path in new[] { $"/dashboard/request/{other}", $"/dashboard/conversation/{other}", $"/dashboard/compare?left={own}&right={other}", $"/dashboard/compare?left={own}&left={other}&right={own}", $"/api/requests/{other}", $"/api/requests/{other}/body", $"/api/conversations/{other}", $"/dashboard/request/{other}?id={own}", "/api/requests", "/api/stats", "/dashboard/live" })
            Assert.Equal($"{path} Forbidden", $"{path} {await ada.StatusAsync(path)}");
        // What a form in the body says is bound before what the address says.
        foreach (var path in new[] { $"/dashboard/request/{own}", $"/dashboard/compare?left={own}&right={own}" })
            using (var answer = await ada.SendAsync(HttpMethod.Get, path, new FormUrlEncodedContent([new("id", other), new("left", other)])))
                Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task A_conversation_into_which_somebody_without_a_key_wrote_is_not_listed_as_one_s_own()
    {
        await StartAsync();
        var id = Guid.Parse(await AskAsync("ada@one.example", "words of ada"));
        await ListAsync(id, "ada@one.example");
        using var ada = await Visitor.EnterAsync(_nexus, "ada@one.example");
        var link = $"/dashboard/conversation/{id}";
        await NexusApp.UntilAsync(async () => (await ada.PageAsync("/dashboard/mine")).Contains(link, StringComparison.Ordinal), "the conversation is listed");
        await using var db = await _nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
        Assert.Equal(1, await db.Requests.Where(row => row.Id == id).ExecuteUpdateAsync(set => set.SetProperty(row => row.Owner, (string?)null).SetProperty(row => row.ConversationId, id)));
        Assert.DoesNotContain(link, await ada.PageAsync("/dashboard/mine"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, await ada.StatusAsync(link));
    }

    [Fact]
    public async Task Who_came_with_the_key_is_nobody_by_name()
    {
        await StartAsync();
        using var visitor = await Visitor.WithKeyAsync(_nexus);
        Assert.Contains("Nobody by name", await visitor.PageAsync("/dashboard/mine"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Content_of_others_needs_a_reason_which_holds_for_one_person_until_it_is_given_back()
    {
        await StartAsync(("BREAK_GLASS", "true"));
        var id = await AskAsync("bob@one.example", "words of bob");
        using var ana = await Visitor.EnterAsync(_nexus, "ana@one.example");
        using var boss = await Visitor.EnterAsync(_nexus, "boss@one.example");
        var address = $"/dashboard/conversation/{id}";
        using (var asked = await ana.GetAsync(address))
            Assert.Equal("/dashboard/break-glass?returnUrl=" + Uri.EscapeDataString(address), asked.Headers.Location?.ToString());
        // The facts of a request are no content.
        Assert.Contains("The content is not shown", await ana.PageAsync("/dashboard/request/" + id), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, await ana.StatusAsync($"/api/requests/{id}/body"));
        using (var form = new MultipartFormDataContent { { new StringContent("a\0\0\0\0b"), "reason" }, { new StringContent(await ana.TokenAsync("/dashboard/break-glass")), "__RequestVerificationToken" } })
        using (var empty = await ana.SendAsync(HttpMethod.Post, "/dashboard/break-glass", form))
            Assert.Contains("A reason has 5", await empty.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using (var curt = await ana.PostAsync("/dashboard/break-glass", "/dashboard/break-glass", ("reason", " eh ")))
            Assert.Contains("A reason has 5", await curt.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using (var given = await ana.PostAsync("/dashboard/break-glass", "/dashboard/break-glass?returnUrl=" + address, ("reason", "ticket 4711, tool calls fail")))
            Assert.Equal(address, given.Headers.Location?.ToString());
        var page = await ana.PageAsync(address);
        Assert.Contains("words of bob", page, StringComparison.Ordinal);
        Assert.Contains("<strong>ticket 4711, tool calls fail</strong>", page, StringComparison.Ordinal);
        await ana.PageAsync(address);
        Assert.Equal(HttpStatusCode.Redirect, await boss.StatusAsync(address));
        using (var ended = await ana.PostAsync("/dashboard/sessions", "/dashboard/break-glass?handler=End"))
            Assert.Equal(HttpStatusCode.Redirect, ended.StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, await ana.StatusAsync(address));
        List<AuditRow> rows = [];
        await NexusApp.UntilAsync(async () =>
        {
            await using var db = await _nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
            rows = await db.Audit.AsNoTracking().Where(row => row.Actor == "ana@one.example" && (row.Action.StartsWith("break_glass.") || row.Action == "content.viewed")).OrderBy(row => row.Id).ToListAsync();
            return rows.Count(row => row.Action == "content.viewed") == 2 && rows.Exists(row => row.Action == "break_glass.ended");
        }, "all of it is in the audit log");
        Assert.Equal("break_glass.opened", rows[0].Action);
        Assert.All(rows, row => Assert.Contains("ticket 4711", row.Details, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Titles_in_the_palette_need_the_reason_and_are_in_the_audit_log_with_it()
    {
        await StartAsync(("BREAK_GLASS", "true"));
        var id = await AskAsync("bob@one.example", "words of bob");
        await ListAsync(Guid.Parse(id), "bob@one.example");
        using var boss = await Visitor.EnterAsync(_nexus, "boss@one.example");
        Assert.DoesNotContain("/dashboard/conversation/", await boss.PageAsync("/dashboard/palette?q=" + id[..8]), StringComparison.Ordinal);
        using (var given = await boss.PostAsync("/dashboard/break-glass", "/dashboard/break-glass", ("reason", "ticket 4712")))
            Assert.Equal(HttpStatusCode.Redirect, given.StatusCode);
        await NexusApp.UntilAsync(async () => (await boss.PageAsync("/dashboard/palette?q=" + id)).Contains("/dashboard/conversation/" + id, StringComparison.Ordinal), "the palette finds it");
        await NexusApp.UntilAsync(async () =>
        {
            await using var db = await _nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
            return (await db.Audit.Where(row => row.Action == "content.viewed" && row.Subject == "palette").Select(row => row.Details).ToListAsync()).Exists(details => details!.Contains("ticket 4712", StringComparison.Ordinal));
        }, "it is in the audit log");
    }

    [Fact]
    public async Task A_program_gives_its_reason_with_each_request_and_a_session_of_the_key_has_one_of_its_own()
    {
        await StartAsync(("BREAK_GLASS", "true"));
        var id = await AskAsync("bob@one.example", "words of bob");
        using var program = Visitor.Of(_nexus);
        var key = ("X-Dashboard-Key", NexusApp.Key);
        using (var refused = await program.GetAsync($"/api/requests/{id}/body", key))
            Assert.Contains("reason_required", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using (var answer = await program.GetAsync($"/api/requests/{id}/body", key, ("X-Break-Glass-Reason", "nightly evaluation")))
            Assert.Contains("words of bob", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using (var other = await program.GetAsync("/api/stats", key))
            Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        using var one = await Visitor.WithKeyAsync(_nexus);
        using var two = await Visitor.WithKeyAsync(_nexus);
        using (var given = await one.PostAsync("/dashboard/break-glass", "/dashboard/break-glass", ("reason", "a good reason")))
            Assert.Equal(HttpStatusCode.Redirect, given.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await one.StatusAsync("/dashboard/conversations"));
        Assert.Equal(HttpStatusCode.Redirect, await two.StatusAsync("/dashboard/conversations"));
    }

    private async Task StartAsync(params (string Name, string Value)[] more)
    {
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync(), settings: Visitor.SingleSignOn(Roles, more));
        await _nexus.ReadyAsync();
    }

    /// <summary>What ingest keeps of a conversation that goes on.</summary>
    private async Task ListAsync(Guid id, string owner)
    {
        await using var db = await _nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
        var (now, keys) = (DateTimeOffset.UtcNow, await db.ClientKeys.Where(row => row.Owner == owner).Select(row => row.Id).ToArrayAsync());
        db.Conversations.Add(new() { Id = id, Domain = "team.example.com", StartedAt = now, LastAt = now, LastHour = now, Title = "a title", Owners = [owner], KeyIds = keys, Accounts = [], Models = [], Requests = 1, Turns = 1 });
        await db.SaveChangesAsync();
    }

    /// <summary>A request with a key of somebody's; its id, when it is in the ledger.</summary>
    private async Task<string> AskAsync(string owner, string words)
    {
        var (_, key) = await _nexus.NewKeyAsync(new KeyRequest("laptop of " + owner, owner, "team.example.com", []));
        using var answer = await _nexus.AskAsync("team.example.com", bearer: key, apiKey: "sk-ant-own", body: $$"""{"model":"claude-opus-5","messages":[{"role":"user","content":"{{words}}"}]}""");
        var id = answer.Headers.GetValues("x-nexus-request-id").Single();
        await NexusApp.UntilAsync(async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/requests?limit=10") { Headers = { { "X-Dashboard-Key", NexusApp.Key } } };
            using var listed = await _nexus.Dashboard.SendAsync(request);
            return (await listed.Content.ReadAsStringAsync()).Contains(id, StringComparison.Ordinal);
        }, $"request {id} is in the ledger");
        return id;
    }
}
