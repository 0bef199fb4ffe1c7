using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Access.Roles;
using Nexus.Web.Pages.Shared.Tables;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Usage;
using Npgsql;
using Xunit;

namespace Nexus.Web.Tests.Pages.Tables;

public sealed class SavedViewsTests : IAsyncLifetime
{
    private static readonly Arranger Ada = new("ada@example.com", false);
    private FakeAnthropic _upstream = null!;
    private string _database = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database);
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    private Task<string> SaveAsync(string name, string query, params (string, string)[] more) =>
        _session.PostAsync("/dashboard/requests", "/dashboard/views?handler=Save", false, [("page", "requests"), ("name", name), ("query", query), .. more]);

    private async Task<T> WithAsync<T>(Func<SavedViews, Task<T>> act)
    {
        await using var scope = _nexus.Services.CreateAsyncScope();
        return await act(scope.ServiceProvider.GetRequiredService<SavedViews>());
    }

    private Task<List<SavedViewLine>> OfAdaAsync() => WithAsync(saved => saved.ListAsync(null, Ada, new(), CancellationToken.None));

    [Fact]
    public async Task A_view_is_saved_opened_renamed_shared_and_deleted_and_each_is_in_the_audit_log()
    {
        await SaveAsync(" Expensive ", "?range=24h&sort=-cost&before=5_x&handler=Export");
        var menu = WebUtility.HtmlDecode(await _session.PageAsync("/dashboard/requests", htmx: true));
        var href = System.Text.RegularExpressions.Regex.Match(menu, "href=\"(/dashboard/requests\\?range=24h&sort=-cost&saved=([0-9a-f-]{36}))\"");
        Assert.True(href.Success);
        Assert.Contains("View: Expensive", await _session.PageAsync(href.Groups[1].Value), StringComparison.Ordinal);
        Assert.Empty(await OfAdaAsync());
        var problem = WebUtility.HtmlDecode(await _session.PostAsync("/dashboard/requests", "/dashboard/views?handler=Save", false, ("page", "requests"), ("name", "Expensive"), ("query", "")));
        Assert.Contains("There is a view 'Expensive' of this table already.", problem, StringComparison.Ordinal);

        var id = href.Groups[2].Value;
        await _session.PostAsync("/dashboard/views", "/dashboard/views?handler=Rename", false, ("id", id), ("name", "Dear"), ("shared", "true"));
        Assert.Equal(("Dear", "dashboard", false), (await OfAdaAsync()).Select(view => (view.Name, view.By, view.IsDefault)).Single());
        Assert.Null(await WithAsync(saved => saved.DeleteAsync(Guid.Parse(id), Ada, new("ada", null), CancellationToken.None)));
        Assert.Null(await WithAsync(saved => saved.RenameAsync(Guid.Parse(id), "Mine now", false, Ada, new("ada", null), CancellationToken.None)));
        await _session.PostAsync("/dashboard/views", "/dashboard/views?handler=Delete", false, ("id", id));
        Assert.Empty(await OfAdaAsync());
        Assert.Contains("No view is saved yet", await _session.PageAsync("/dashboard/views", htmx: true), StringComparison.Ordinal);
        foreach (var action in new[] { "view.saved", "view.renamed", "view.deleted" })
            Assert.Equal(1, await LedgerSums.NumberAsync(_database, $"SELECT count(*) FROM audit_log WHERE action = '{action}' AND actor = 'dashboard'"));
    }

    [Fact]
    public async Task Who_saves_a_view_at_the_same_moment_as_another_is_told_that_its_name_is_taken()
    {
        await using var other = new NpgsqlConnection(_database + ";Pooling=false");
        await other.OpenAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var insert = new NpgsqlCommand("INSERT INTO saved_views (id, page, name, query, owner, shared, created_at) VALUES (gen_random_uuid(), 'requests', 'Twice', '', 'dashboard', false, now())", other, transaction))
            await insert.ExecuteNonQueryAsync();
        var saving = SaveAsync("Twice", "?outcome=errors");
        await NexusApp.UntilAsync(async () => await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'") > 0, "the second waits for the first");
        await transaction.CommitAsync();
        Assert.Contains("There is a view 'Twice' of this table already.", WebUtility.HtmlDecode(await saving), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_administrator_deletes_what_somebody_shares_and_nothing_that_they_keep_to_themselves()
    {
        var shared = await WithAsync(saved => saved.SaveAsync("requests", "Shared", "", true, Ada, new("ada", null), CancellationToken.None));
        var own = await WithAsync(saved => saved.SaveAsync("requests", "Own", "", false, Ada, new("ada", null), CancellationToken.None));
        Assert.Null(await WithAsync(saved => saved.DeleteAsync(shared.Id, new("bob@example.com", false), new("bob", null), CancellationToken.None)));
        foreach (var view in new[] { shared, own })
            await _session.PostAsync("/dashboard/views", "/dashboard/views?handler=Delete", false, ("id", view.Id.ToString()));
        Assert.Equal("Own", Assert.Single(await OfAdaAsync()).Name);
        Assert.Equal(1, await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM audit_log WHERE action = 'view.deleted' AND actor = 'dashboard' AND details->>'owner' = 'ada@example.com'"));
    }

    [Theory]
    [InlineData("requests", "", "a name of at most 80")]
    [InlineData("nothing", "x", "There is no table 'nothing'.")]
    public async Task What_cannot_be_saved_is_said(string page, string name, string words) =>
        Assert.Contains(words, WebUtility.HtmlDecode(await _session.PostAsync("/dashboard/requests", "/dashboard/views?handler=Save", false, ("page", page), ("name", name), ("query", ""))), StringComparison.Ordinal);

    [Fact]
    public async Task A_default_view_opens_with_the_plain_address_and_columns_are_kept_both_in_a_cookie_for_the_key()
    {
        await SaveAsync("Errors", "?outcome=errors");
        var id = (await WithAsync(saved => saved.ListAsync("requests", new("dashboard", true), new(), CancellationToken.None))).Single().Id;
        var cookie = await KeptAsync("/dashboard/views?handler=Default", "/dashboard/views?page=requests", ("page", "requests"), ("id", id.ToString()));
        using (var opened = await GetAsync("/dashboard/requests", cookie))
            Assert.Equal((HttpStatusCode.Redirect, $"/dashboard/requests?outcome=errors&saved={id}"), (opened.StatusCode, opened.Headers.Location!.ToString()));
        using (var all = await GetAsync("/dashboard/requests?all", cookie))
        {
            Assert.Equal(HttpStatusCode.OK, all.StatusCode);
            Assert.Contains("name=\"query\" value=\"?all\"", await all.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        await KeptAsync("/dashboard/views?handler=Keep", "/dashboard/requests?all", cookie, ("page", "requests"), ("what", "forget"), ("query", "?all&cols=time"));
        cookie = await KeptAsync("/dashboard/views?handler=Keep", "/dashboard/requests?outcome=errors", ("page", "requests"), ("what", "keep"), ("cols", "time,cost"), ("density", "compact"), ("query", "?outcome=errors&cols=time,cost&density=compact"));
        using (var kept = await GetAsync("/dashboard/requests?outcome=errors", cookie))
        {
            var page = await kept.Content.ReadAsStringAsync();
            Assert.Contains("value=\"cost\" checked", page, StringComparison.Ordinal);
            Assert.DoesNotContain("value=\"model\" checked", page, StringComparison.Ordinal);
            Assert.Contains("Forget mine", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Somebody_with_a_name_finds_their_preferences_in_the_database_whatever_the_browser()
    {
        async Task<TablePreferences> AsAsync(string name, TablePreferences? keep)
        {
            await using var scope = _nexus.Services.CreateAsyncScope();
            var context = new DefaultHttpContext { User = new(new System.Security.Claims.ClaimsIdentity([new(System.Security.Claims.ClaimTypes.Name, name), new(SignedIn.RoleClaim, "viewer"), new(SignedIn.WayClaim, "oidc")], "oidc")), RequestServices = scope.ServiceProvider };
            var kept = scope.ServiceProvider.GetRequiredService<KeptPreferences>();
            if (keep is not null)
                await kept.KeepAsync(context, keep, CancellationToken.None);
            Assert.False(context.Response.Headers.ContainsKey("Set-Cookie"));
            return await kept.ReadAsync(context, CancellationToken.None);
        }

        await AsAsync("ada@example.com", new TablePreferences { Compact = false }.WithColumns("keys", ["name"]));
        await AsAsync("ada@example.com", new TablePreferences { Compact = true }.WithColumns("keys", ["name", "owner"]));
        var again = await AsAsync("ada@example.com", null);
        Assert.Equal((true, "name,owner"), (again.Compact, string.Join(',', again.Columns["keys"])));
        Assert.Null((await AsAsync("grace@example.com", null)).Compact);
    }

    private Task<string> KeptAsync(string path, string leadsTo, params (string Name, string Value)[] fields) => KeptAsync(path, leadsTo, "", fields);

    private async Task<string> KeptAsync(string path, string leadsTo, string cookies, params (string Name, string Value)[] fields)
    {
        using var form = await _session.SendAsync("/dashboard/requests?all");
        var token = System.Text.RegularExpressions.Regex.Match(await form.Content.ReadAsStringAsync(), "name=\"__RequestVerificationToken\"(?: type=\"hidden\")? value=\"([^\"]+)\"").Groups[1].Value;
        var antiforgery = form.Headers.GetValues("Set-Cookie").Single(value => value.StartsWith(".AspNetCore.Antiforgery", StringComparison.Ordinal)).Split(';')[0];
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Headers = { { "Cookie", $"{_session.Cookie}; {antiforgery}; {cookies}" } }, Content = new FormUrlEncodedContent([.. fields.Select(field => KeyValuePair.Create(field.Name, field.Value)), new("__RequestVerificationToken", token)]) };
        using var answer = await _nexus.Dashboard.SendAsync(request);
        Assert.Equal((HttpStatusCode.Redirect, leadsTo), (answer.StatusCode, answer.Headers.Location!.ToString()));
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(value => value.StartsWith(TablePreferences.Cookie + "=", StringComparison.Ordinal));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        return cookie.Split(';')[0];
    }

    private Task<HttpResponseMessage> GetAsync(string path, string cookie) => _nexus.Dashboard.SendAsync(new(HttpMethod.Get, path) { Headers = { { "Cookie", $"{_session.Cookie}; {cookie}" } } });
}
