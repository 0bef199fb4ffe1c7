using System.Net;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Access.SignIn;

/// <summary>What somebody sends who means harm is written down as well as it can be, and stops neither the gateway nor the audit log.</summary>
public sealed class HostileWordsTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private string _database = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database, settings: Visitor.SingleSignOn("@one.example=viewer"));
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task A_session_that_cannot_be_written_down_holds_up_no_other()
    {
        await ExecuteAsync("ALTER TABLE dashboard_sessions ADD CONSTRAINT refused CHECK (person <> 'bad@one.example')");
        using (var raw = await RawClient.ConnectAsync(_nexus.Dashboard.BaseAddress!))
        {
            await raw.SendAsync(Encoding.UTF8.GetBytes($"GET /dashboard/login HTTP/1.1\r\nHost: x\r\n{Visitor.Header}: ada@one.example\r\nUser-Agent: {new string('a', 199)}😀\r\n\r\n"));
            Assert.Equal(302, (await raw.ReadAsync()).Status);
        }

        using var bad = await Visitor.EnterAsync(_nexus, "bad@one.example");
        using var bob = await Visitor.EnterAsync(_nexus, "bob@one.example");
        List<SessionRow> rows = [];
        await NexusApp.UntilAsync(async () =>
        {
            await using var db = await ContextAsync();
            rows = await db.Sessions.AsNoTracking().OrderBy(row => row.Person).ToListAsync();
            return rows.Count == 2;
        }, "both that can be stored are");
        Assert.Equal(["ada@one.example", "bob@one.example"], rows.Select(row => row.Person));
        Assert.Equal(200, rows[0].UserAgent!.Length);
        Assert.Equal(HttpStatusCode.OK, await bad.StatusAsync("/dashboard/sessions"));
    }

    [Fact]
    public async Task The_audit_log_takes_what_no_text_column_holds_and_drops_what_it_must_without_stopping()
    {
        await ExecuteAsync("ALTER TABLE audit_log ADD CONSTRAINT refused CHECK (subject <> 'refused')");
        var (trail, actor) = (_nexus.Services.GetRequiredService<AuditTrail>(), new Actor("ada", null));
        trail.Note(actor, "hostile.first", "refused");
        trail.Note(actor, "hostile.second", "a\0b\ud83d", new { text = "c\0\0d\ud83d", path = @"\u0000" });
        trail.NoteRefused(actor, new string('a', 199) + "😀", new { why = "role" });
        using (var program = Visitor.Of(_nexus))
        using (var export = await program.GetAsync("/api/export/audit?format=csv&x=Bearer%20CaNaRy7%00", ("X-Dashboard-Key", NexusApp.Key)))
            Assert.Equal(HttpStatusCode.OK, export.StatusCode);
        trail.Note(actor, "hostile.last", "x");
        List<AuditRow> rows = [];
        await NexusApp.UntilAsync(async () =>
        {
            await using var db = await ContextAsync();
            rows = await db.Audit.AsNoTracking().OrderBy(row => row.Id).ToListAsync();
            return rows.Exists(row => row.Action == "hostile.last") && rows.Exists(row => row.Action == "export.made");
        }, "what came after is written");
        Assert.DoesNotContain(rows, row => row.Action == "hostile.first");
        var second = rows.Single(row => row.Action == "hostile.second");
        Assert.Equal("ab\ufffd", second.Subject);
        Assert.Equal(("cd\ufffd", @"\u0000"), System.Text.Json.Nodes.JsonNode.Parse(second.Details!) is { } details ? ((string?)details["text"], (string?)details["path"]) : default);
        Assert.Equal(new string('a', 199), rows.Single(row => row.Action == "login.refused").Subject);
    }

    [Fact]
    public async Task Addresses_that_somebody_makes_up_are_one_entry()
    {
        using var vera = await Visitor.EnterAsync(_nexus, "vera@one.example");
        for (var i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.Forbidden, await vera.StatusAsync($"/dashboard/key/made-up-{i}"));
        using (var sent = await vera.GetAsync("/dashboard/keys"))
            Assert.Equal(HttpStatusCode.Forbidden, sent.StatusCode);
        List<string> subjects = [];
        await NexusApp.UntilAsync(async () =>
        {
            await using var db = await ContextAsync();
            subjects = await db.Audit.Where(row => row.Action == "role.refused").OrderBy(row => row.Id).Select(row => row.Subject).ToListAsync();
            return subjects.Contains("GET /dashboard/keys");
        }, "the refusals are written");
        Assert.Equal(["GET /dashboard/key/{id}", "GET /dashboard/keys"], subjects);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private Task<NexusDbContext> ContextAsync() => _nexus.Services.GetRequiredService<IDbContextFactory<NexusDbContext>>().CreateDbContextAsync();
}
