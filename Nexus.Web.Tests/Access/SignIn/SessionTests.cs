using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Access.SignIn;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Access.SignIn;

/// <summary>Sessions: listed, ended at once on every node, and good while the database is away.</summary>
public sealed class SessionTests : IAsyncLifetime
{
    private readonly string _first = Directory.CreateTempSubdirectory("nexus-node1-").FullName;
    private readonly string _second = Directory.CreateTempSubdirectory("nexus-node2-").FullName;
    private FakeAnthropic _upstream = null!;

    public async Task InitializeAsync() => _upstream = await FakeAnthropic.StartAsync();

    public async Task DisposeAsync()
    {
        await _upstream.DisposeAsync();
        Directory.Delete(_first, recursive: true);
        Directory.Delete(_second, recursive: true);
    }

    [Fact]
    public async Task A_session_ended_on_one_node_is_refused_on_the_other_and_its_stream_stops()
    {
        var database = await Postgres.NewDatabaseAsync();
        var settings = Visitor.SingleSignOn("ada@one.example=operator, boss@one.example=administrator");
        await using var one = await NexusApp.StartAsync(_upstream, database, _first, settings);
        await one.ReadyAsync();
        using var ada = await Visitor.EnterAsync(one, "ada@one.example");
        // What seals cookies is the same on every node.
        foreach (var file in Directory.GetFiles(Path.Combine(_first, "keys", "sessions")))
            File.Copy(file, Path.Combine(Directory.CreateDirectory(Path.Combine(_second, "keys", "sessions")).FullName, Path.GetFileName(file)));
        await using var two = await NexusApp.StartAsync(_upstream, database, _second, settings);
        await two.ReadyAsync();
        using var onTwo = Visitor.Of(two, "ada@one.example");
        onTwo.Cookies.Add(two.Dashboard.BaseAddress!, ada.Cookies.GetCookies(one.Dashboard.BaseAddress!));
        using var stream = await onTwo.GetAsync("/dashboard/live?view=requests", ("Accept", "text/event-stream"));
        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);
        var reading = (await stream.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null);

        using var boss = await Visitor.EnterAsync(one, "boss@one.example");
        var id = one.Services.GetRequiredService<SessionBook>().Open.Single(session => session.Row.Person == "ada@one.example").Row.Id;
        using (var ended = await boss.PostAsync("/dashboard/sessions", "/dashboard/sessions?handler=End", ("id", id)))
            Assert.Contains("The session of ada@one.example is ended.", await ended.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using (var refused = await ada.GetAsync("/dashboard/sessions"))
            Assert.EndsWith("&ended=ended", refused.Headers.Location?.ToString(), StringComparison.Ordinal);
        await NexusApp.UntilAsync(async () => await onTwo.StatusAsync("/dashboard/sessions") == HttpStatusCode.Redirect, "the other node knows");
        await reading.WaitAsync(TimeSpan.FromMinutes(1));
        await NexusApp.UntilAsync(async () =>
        {
            await using var db = await one.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
            return await db.Audit.AnyAsync(row => row.Action == "session.revoked" && row.Subject == id && row.Actor == "boss@one.example") && await db.Sessions.AnyAsync(row => row.Id == id && row.EndedBy == "boss@one.example");
        }, "it is in the audit log and in the table");
    }

    [Fact]
    public async Task One_sees_and_ends_one_s_own_sessions_alone()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, directory: _first, settings: Visitor.SingleSignOn("@one.example=viewer"));
        using var ada = await Visitor.EnterAsync(nexus, "ada@one.example");
        using var elsewhere = await Visitor.EnterAsync(nexus, "ada@one.example", "Elsewhere/1.0");
        using var bob = await Visitor.EnterAsync(nexus, "bob@one.example");
        var page = await bob.PageAsync("/dashboard/sessions");
        Assert.DoesNotContain("ada@one.example", page, StringComparison.Ordinal);
        var sessions = nexus.Services.GetRequiredService<SessionBook>().Open.Where(session => session.Row.Person == "ada@one.example").ToList();
        Assert.Equal(2, sessions.Count);
        using (var tried = await bob.PostAsync("/dashboard/sessions", "/dashboard/sessions?handler=End", ("id", sessions[0].Row.Id)))
            Assert.Contains("had ended already", await tried.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using (var others = await ada.PostAsync("/dashboard/sessions", "/dashboard/sessions?handler=Others"))
            Assert.Contains("One session is ended.", await others.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await ada.StatusAsync("/dashboard/sessions"));
        Assert.Equal(HttpStatusCode.Redirect, await elsewhere.StatusAsync("/dashboard/sessions"));
    }

    [Fact]
    public async Task Without_the_database_sessions_go_on_the_key_opens_and_an_ended_one_stays_ended_over_a_restart()
    {
        string cookies;
        await using (var nexus = await NexusApp.StartAsync(_upstream, directory: _first))
        {
            using var left = await Visitor.WithKeyAsync(nexus);
            Assert.Equal(HttpStatusCode.OK, await left.StatusAsync("/dashboard/sessions"));
            cookies = left.Cookies.GetCookieHeader(nexus.Dashboard.BaseAddress!);
            using var answer = await left.PostAsync("/dashboard/sessions", "/dashboard/logout");
            Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
            Assert.Equal(HttpStatusCode.Redirect, await AskAsync(nexus, cookies));
        }

        await using var after = await NexusApp.StartAsync(_upstream, directory: _first);
        Assert.Equal(HttpStatusCode.Redirect, await AskAsync(after, cookies));
    }

    [Fact]
    public async Task A_session_lasts_over_a_restart_and_ends_when_the_key_changes()
    {
        string cookies;
        await using (var nexus = await NexusApp.StartAsync(_upstream, directory: _first))
        {
            using var visitor = await Visitor.WithKeyAsync(nexus);
            cookies = visitor.Cookies.GetCookieHeader(nexus.Dashboard.BaseAddress!);
            Assert.Equal(HttpStatusCode.OK, await AskAsync(nexus, cookies));
            Assert.Contains("httponly", string.Join(' ', visitor.Cookies.GetAllCookies().Where(cookie => cookie.Name == "nexus_session").Select(cookie => cookie.HttpOnly ? "httponly" : "open")), StringComparison.Ordinal);
        }

        await using (var known = await NexusApp.StartAsync(_upstream, directory: _first))
            Assert.Equal(HttpStatusCode.OK, await AskAsync(known, cookies));
        await using var changed = await NexusApp.StartAsync(_upstream, directory: _first, settings: ("DASHBOARD_API_KEY", "another-dashboard-key"));
        Assert.Equal(HttpStatusCode.Redirect, await AskAsync(changed, cookies));
    }

    private static async Task<HttpStatusCode> AskAsync(NexusApp nexus, string cookies)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/dashboard/sessions") { Headers = { { "Cookie", cookies } } };
        using var answer = await nexus.Dashboard.SendAsync(request);
        return answer.StatusCode;
    }
}
