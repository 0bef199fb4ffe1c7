using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Credentials;
using Nexus.Web.Credentials.OAuth;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Credentials.OAuth;

public sealed class RefreshTests : IAsyncLifetime
{
    private const string Team = "team.example.com";
    private readonly string _home = Directory.CreateTempSubdirectory("nexus-oauth-").FullName;
    private FakeAnthropic _upstream = null!;
    private TokenEndpoint _tokens = null!;
    private NexusApp? _nexus;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", "{}"u8.ToArray());
        _tokens = await TokenEndpoint.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_nexus is not null)
            await _nexus.DisposeAsync();
        await _tokens.DisposeAsync();
        await _upstream.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    [Fact]
    public async Task A_login_pays_with_its_token_and_says_that_it_is_one()
    {
        await StartAsync(TokenEndpoint.File(3600));
        using var answer = await AskAsync(("anthropic-beta", "context-1m,oauth-2025-04-20"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var received = _upstream.Requests.Single();
        Assert.Equal("Bearer access-0", received.Header("Authorization"));
        Assert.Equal("oauth-2025-04-20,context-1m", received.Header("anthropic-beta"));
        Assert.Null(received.Header("x-api-key"));
        Assert.Empty(_tokens.Requests);
    }

    [Fact]
    public async Task Tokens_are_refreshed_ahead_of_their_end_and_put_back_into_the_file_with_all_else_that_it_holds()
    {
        await StartAsync(TokenEndpoint.File(200, more: ",\"slack\":{\"channel\":\"#ai\"}"));
        await NexusApp.UntilAsync(() => Task.FromResult(Stored()["oauth"]!["accessToken"]!.GetValue<string>() == "access-1"), "the file has the new token");
        var stored = Stored();
        Assert.Equal("refresh-1", (string?)stored["oauth"]!["refreshToken"]);
        Assert.Equal(("#ai", "acc_login", "cnp_live_k", true), ((string?)stored["slack"]!["channel"], (string?)stored["accountId"], (string?)stored["client_api_key"], (bool)stored["oauth"]!["isMax"]!));
        Assert.Equal(["user:profile", "user:inference"], stored["oauth"]!["scopes"]!.AsArray().Select(scope => (string?)scope));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PathOf()));
        var asked = JsonNode.Parse(_tokens.Requests.Single().Body)!;
        Assert.Equal(("refresh_token", "refresh-0", "9d1c250a-e61b-44d9-88ed-5944d1962f5e"), ((string?)asked["grant_type"], (string?)asked["refresh_token"], (string?)asked["client_id"]));
        using var answer = await AskAsync();
        Assert.Equal("Bearer access-1", _upstream.Requests.Single().Header("Authorization"));
    }

    [Fact]
    public async Task Many_requests_with_an_ended_token_wait_for_one_refresh()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _tokens.Before = () => gate.Task;
        await StartAsync(TokenEndpoint.File(-60));
        var asked = Enumerable.Range(0, 20).Select(_ => AskAsync()).ToArray();
        await NexusApp.UntilAsync(() => Task.FromResult(!_tokens.Requests.IsEmpty), "the refresh has begun");
        gate.SetResult();
        foreach (var answer in await Task.WhenAll(asked))
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Single(_tokens.Requests);
        Assert.All(_upstream.Requests, received => Assert.Equal("Bearer access-1", received.Header("Authorization")));
    }

    [Fact]
    public async Task A_file_that_cannot_be_written_leaves_the_new_tokens_in_memory_and_says_so()
    {
        // A directory where the file beside it would be made: as root, modes keep nobody out.
        Directory.CreateDirectory(Path.Combine(_home, "credentials", $"{Team}.credentials.json.{Environment.ProcessId}.new"));
        await StartAsync(TokenEndpoint.File(-60));
        using var answer = await AskAsync();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("Bearer access-1", _upstream.Requests.Single().Header("Authorization"));
        var account = Account();
        Assert.NotNull(account.Health.Unsaved);
        Assert.Contains("in memory alone", CredentialState.Advice(account, DateTimeOffset.UtcNow), StringComparison.Ordinal);
        Directory.Delete(Path.Combine(_home, "credentials", $"{Team}.credentials.json.{Environment.ProcessId}.new"));
        await NexusApp.UntilAsync(() => Task.FromResult((string?)Stored()["oauth"]!["refreshToken"] == "refresh-1"), "the tokens are saved once the file can be written");
    }

    [Fact]
    public async Task A_refused_grant_is_looked_up_in_the_file_before_the_login_is_given_up()
    {
        await StartAsync(TokenEndpoint.File(-60, refresh: "refresh-old"), wait: false);
        _tokens.Before = () =>
        {
            // Meanwhile another process has refreshed, and left its tokens in the file, which nobody sees half written.
            File.WriteAllText(PathOf() + ".other", TokenEndpoint.File(-30, refresh: "refresh-0", access: "access-other"));
            File.Move(PathOf() + ".other", PathOf(), overwrite: true);
            return Task.CompletedTask;
        };
        await NexusApp.UntilAsync(() => Task.FromResult((string?)Stored()["oauth"]!["accessToken"] == "access-1"), "the newer refresh token was used");
        using var answer = await AskAsync();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_login_that_has_ended_is_answered_503_with_what_to_do_until_the_file_changes()
    {
        await StartAsync(TokenEndpoint.File(-60, refresh: "refresh-gone"));
        await NexusApp.UntilAsync(() => Task.FromResult(Account().Health.LoginEnded), "the login was given up");
        using var answer = await AskAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal("false", answer.Headers.GetValues("x-should-retry").Single());
        Assert.Contains("nexus oauth login team.example.com", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(_upstream.Requests);
        _nexus!.WriteCredential(Team, TokenEndpoint.File(3600, access: "access-new"));
        await NexusApp.UntilAsync(async () => (await AskAsync()).StatusCode == HttpStatusCode.OK, "the new login pays");
    }

    [Fact]
    public async Task A_refresh_that_fails_ahead_of_the_end_leaves_the_old_token_in_use()
    {
        _tokens.Failure = 503;
        await StartAsync(TokenEndpoint.File(50));
        using var answer = await AskAsync();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("Bearer access-0", _upstream.Requests.Single().Header("Authorization"));
        Assert.Contains("503 api_error (not now)", Account().Health.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_token_endpoint_holds_a_request_for_no_longer_than_its_time_out()
    {
        var never = new TaskCompletionSource();
        _tokens.Before = () => never.Task;
        await StartAsync(TokenEndpoint.File(-60), settings: ("CLAUDE_OAUTH_TIMEOUT", "200"));
        using var answer = await AskAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("silent for 0.2 s", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        never.SetResult();
    }

    [Fact]
    public async Task Two_nodes_over_one_directory_and_database_refresh_once()
    {
        var database = await Postgres.NewDatabaseAsync();
        await StartAsync(TokenEndpoint.File(3600), database);
        var other = Directory.CreateTempSubdirectory("nexus-node-").FullName;
        await using var second = await NexusApp.StartAsync(_upstream, database, other, ("CLAUDE_OAUTH_TOKEN_URL", _tokens.Url), ("CREDENTIALS_DIR", Path.Combine(_home, "credentials")));
        await Task.WhenAll(_nexus!.ReadyAsync(), second.ReadyAsync());
        NexusApp[] nodes = [_nexus, second];
        // Both hold the same old tokens; the file lock alone would do on one machine, so the database's is looked at, too.
        await Task.WhenAll(nodes.Select(node => node.Services.GetRequiredService<TokenRefresh>().RunAsync(node.Services.GetRequiredService<CredentialFiles>().Find(Team)!.Accounts[0])));
        Assert.Single(_tokens.Requests);
        Assert.All(nodes, node => Assert.Equal("access-1", node.Services.GetRequiredService<CredentialFiles>().Find(Team)!.Accounts[0].Secret));
    }

    [Fact]
    public async Task An_edit_that_moves_accounts_during_a_refresh_loses_no_login()
    {
        const string Other = """{"type":"oauth","oauth":{"accessToken":"access-b","refreshToken":"refresh-b","expiresAt":4102444800000}}""";
        await StartAsync(Pool(TokenEndpoint.File(3600)), settings: ("ALLOW_OAUTH_POOL", "true"));
        _tokens.Before = () => File.WriteAllTextAsync(PathOf(), Pool(Other, TokenEndpoint.File(3600)));
        Assert.True(await RunAsync());
        Assert.Equal(["access-b", "access-1"], Stored()["accounts"]!.AsArray().Select(account => (string?)account!["oauth"]!["accessToken"]));
        Assert.Equal(["refresh-b", "refresh-1"], Stored()["accounts"]!.AsArray().Select(account => (string?)account!["oauth"]!["refreshToken"]));
    }

    [Fact]
    public async Task A_login_made_during_a_refresh_stays_in_the_file()
    {
        var fresh = TokenEndpoint.File(7200, refresh: "refresh-fresh", access: "access-fresh");
        await StartAsync(TokenEndpoint.File(3600));
        _tokens.Before = () => File.WriteAllTextAsync(PathOf(), fresh);
        await RunAsync();
        Assert.Equal(fresh, await File.ReadAllTextAsync(PathOf()));
        await NexusApp.UntilAsync(() => Task.FromResult(Account().Secret == "access-fresh"), "the new login is in force");
        Assert.Null(Account().Health.Unsaved);
    }

    [Fact]
    public async Task An_account_taken_out_of_the_file_during_a_refresh_is_not_put_back()
    {
        var without = Pool("""{"type":"api_key","api_key":"sk-ant-b"}""");
        await StartAsync(Pool(TokenEndpoint.File(3600)));
        var account = Account();
        _tokens.Before = () => File.WriteAllTextAsync(PathOf(), without);
        await RunAsync();
        Assert.Equal(without, await File.ReadAllTextAsync(PathOf()));
        Assert.Contains("no more", account.Health.Unsaved, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_login_in_two_domains_files_is_refreshed_once_for_both()
    {
        const string Second = "second.example.com";
        await StartAsync(TokenEndpoint.File(3600));
        await _nexus!.PayForAsync(Second, TokenEndpoint.File(3600));
        Assert.True(await RunAsync());
        Assert.Equal("access-1", _nexus.Services.GetRequiredService<CredentialFiles>().Find(Second)!.Accounts[0].Secret);
        Assert.Equal(("refresh-1", "refresh-1"), ((string?)Stored()["oauth"]!["refreshToken"], (string?)Stored(Second)["oauth"]!["refreshToken"]));
        Assert.Single(_tokens.Requests);
    }

    [Fact]
    public async Task One_login_in_two_accounts_files_is_not_refreshed_by_both_at_once()
    {
        const string Second = "second.example.com";
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _tokens.Before = () => gate.Task;
        await StartAsync(TokenEndpoint.File(3600));
        await _nexus!.PayForAsync(Second, TokenEndpoint.File(3600).Replace("acc_login", "acc_other", StringComparison.Ordinal));
        var other = _nexus.Services.GetRequiredService<CredentialFiles>().Find(Second)!.Accounts[0];
        var both = Task.WhenAll(RunAsync(), _nexus.Services.GetRequiredService<TokenRefresh>().RunAsync(other));
        await NexusApp.UntilAsync(() => Task.FromResult(!_tokens.Requests.IsEmpty), "a refresh has begun");
        gate.SetResult();
        var done = await both;
        Assert.True(done.All(refreshed => refreshed));
        Assert.Single(_tokens.Requests);
        Assert.Equal("access-1", other.Secret);
        Assert.Equal(("refresh-1", "refresh-1"), ((string?)Stored()["oauth"]!["refreshToken"], (string?)Stored(Second)["oauth"]!["refreshToken"]));
    }

    [Fact]
    public async Task One_login_in_two_accounts_files_is_refreshed_once_by_two_nodes()
    {
        const string Second = "second.example.com";
        var database = await Postgres.NewDatabaseAsync();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _tokens.Before = () => gate.Task;
        await StartAsync(TokenEndpoint.File(3600), database);
        await _nexus!.PayForAsync(Second, TokenEndpoint.File(3600).Replace("acc_login", "acc_other", StringComparison.Ordinal));
        var home = Directory.CreateTempSubdirectory("nexus-node-").FullName;
        await using var second = await NexusApp.StartAsync(_upstream, database, home, ("CLAUDE_OAUTH_TOKEN_URL", _tokens.Url), ("CREDENTIALS_DIR", Path.Combine(_home, "credentials")));
        await Task.WhenAll(_nexus.ReadyAsync(), second.ReadyAsync());
        var other = second.Services.GetRequiredService<CredentialFiles>().Find(Second)!.Accounts[0];
        var first = RunAsync();
        await NexusApp.UntilAsync(() => Task.FromResult(!_tokens.Requests.IsEmpty), "the first node has asked");
        var waiting = second.Services.GetRequiredService<TokenRefresh>().RunAsync(other);
        await using var source = Npgsql.NpgsqlDataSource.Create(database);
        await NexusApp.UntilAsync(async () =>
        {
            await using var waits = source.CreateCommand("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
            return (long)(await waits.ExecuteScalarAsync())! > 0;
        }, "the second node waits for the login");
        gate.SetResult();
        var done = await Task.WhenAll(first, waiting);
        Assert.True(done.All(refreshed => refreshed));
        Assert.Single(_tokens.Requests);
        Assert.Equal(("access-1", "refresh-1"), (other.Secret, (string?)Stored(Second)["oauth"]!["refreshToken"]));
    }

    [Fact]
    public async Task A_lock_that_another_holds_is_told_from_one_that_cannot_be_made()
    {
        Directory.CreateDirectory(Path.Combine(_home, "credentials"));
        await using (var first = await RefreshLock.TakeAsync(PathOf(), null, [], CancellationToken.None))
        await using (var second = await RefreshLock.TakeAsync(PathOf(), null, [], CancellationToken.None, TimeSpan.FromMilliseconds(120)))
            Assert.Equal((true, false, false, true), (first.HasFile, first.IsBusy, second.HasFile, second.IsBusy));
        await using var nowhere = await RefreshLock.TakeAsync(Path.Combine(_home, "none", "file"), null, [], CancellationToken.None);
        Assert.Equal((false, false), (nowhere.HasFile, nowhere.IsBusy));
    }

    private static string Pool(params string[] accounts) => $$"""{"accounts":[{{string.Join(',', accounts)}}],"client_api_key":"cnp_live_k"}""";

    private Task<bool> RunAsync() => _nexus!.Services.GetRequiredService<TokenRefresh>().RunAsync(Account());

    private Account Account() => _nexus!.Services.GetRequiredService<CredentialFiles>().Find(Team)!.Accounts[0];

    private async Task StartAsync(string file, string? database = null, bool wait = true, params (string Name, string Value)[] settings)
    {
        _nexus = await NexusApp.StartAsync(_upstream, database, _home, [("CLAUDE_OAUTH_TOKEN_URL", _tokens.Url), .. wait ? [NexusApp.Pays(Team, file)] : (ReadOnlySpan<(string, string)>)[], .. settings]);
        if (!wait)
            _nexus.WriteCredential(Team, file);
    }

    private string PathOf(string domain = Team) => Path.Combine(_home, "credentials", domain + ".credentials.json");

    private JsonNode Stored(string domain = Team) => JsonNode.Parse(File.ReadAllText(PathOf(domain)))!;

    private async Task<HttpResponseMessage> AskAsync(params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new StringContent("{}") };
        request.Headers.Host = Team;
        request.Headers.TryAddWithoutValidation("x-api-key", "cnp_live_k");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await _nexus!.Proxy.SendAsync(request);
    }
}
