using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Cli;

public sealed class OAuthCommandTests : IAsyncLifetime
{
    private readonly string _home = Directory.CreateTempSubdirectory("nexus-cli-").FullName;
    private TokenEndpoint _tokens = null!;

    public async Task InitializeAsync()
    {
        _tokens = await TokenEndpoint.StartAsync();
        Directory.CreateDirectory(Path.Combine(_home, "credentials"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public async Task DisposeAsync()
    {
        await _tokens.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    [Fact]
    public async Task A_login_shows_the_address_takes_the_code_and_writes_the_file()
    {
        using var process = Start("oauth", "login", "Team.example.com");
        await process.StandardOutput.ReadLineAsync();
        var query = QueryHelpers.ParseQuery(new Uri((await process.StandardOutput.ReadLineAsync())!).Query);
        Assert.Equal(("S256", "code"), ((string?)query["code_challenge_method"], (string?)query["response_type"]));
        await process.StandardInput.WriteLineAsync($"the-code#{query["state"]}");
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, said + await process.StandardError.ReadToEndAsync());
        var asked = JsonNode.Parse(_tokens.Requests.Single().Body)!;
        Assert.Equal(("authorization_code", "the-code", (string?)query["state"]), ((string?)asked["grant_type"], (string?)asked["code"], (string?)asked["state"]));
        // The state is random of its own, and the verifier is what the challenge was made of.
        var verifier = (string?)asked["code_verifier"];
        Assert.NotEqual((string?)query["state"], verifier);
        Assert.Equal((string?)query["code_challenge"], System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(verifier!))));
        var stored = JsonNode.Parse(await File.ReadAllTextAsync(PathOf("team.example.com")))!;
        Assert.Equal(("oauth", "access-1", "refresh-1"), ((string?)stored["type"], (string?)stored["oauth"]!["accessToken"], (string?)stored["oauth"]!["refreshToken"]));
        Assert.DoesNotContain("access-1", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_code_of_another_login_is_refused()
    {
        using var process = Start("oauth", "login", "team.example.com");
        await process.StandardInput.WriteLineAsync("the-code#another");
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        Assert.Contains("another login", await process.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Empty(_tokens.Requests);
    }

    [Fact]
    public async Task Refresh_all_refreshes_what_ends_soon_and_counts_the_rest()
    {
        await File.WriteAllTextAsync(PathOf("soon.example"), TokenEndpoint.File(60));
        await File.WriteAllTextAsync(PathOf("later.example"), TokenEndpoint.File(86400, refresh: "other"));
        await File.WriteAllTextAsync(PathOf("key.example"), """{"type":"api_key","api_key":"sk-ant-k"}""");
        var (code, output, error) = await RunAsync("oauth", "refresh-all", "--dry-run");
        Assert.True(code == 0, error);
        Assert.Contains("soon.example\tacc_login\twould be refreshed", output, StringComparison.Ordinal);
        Assert.Empty(_tokens.Requests);
        (code, output, error) = await RunAsync("oauth", "refresh-all");
        Assert.True(code == 0, error);
        Assert.Contains("1 refreshed, 1 left as they are, 0 failed; 1 accounts have API keys.", output, StringComparison.Ordinal);
        Assert.Contains("access-1", await File.ReadAllTextAsync(PathOf("soon.example")), StringComparison.Ordinal);
        (code, output, _) = await RunAsync("oauth", "refresh", "later.example", "--force");
        Assert.Equal(1, code);
        Assert.DoesNotContain("access-", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_are_listed_checked_and_sealed_without_showing_one()
    {
        await File.WriteAllTextAsync(PathOf("key.example"), """{"type":"api_key","accountId":"acc_k","api_key":"sk-ant-k","client_api_key":"cnp_live_k"}""");
        File.SetUnixFileMode(PathOf("key.example"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal(0, (await RunAsync("credentials", "seal")).Code);
        var (code, output, error) = await RunAsync("credentials", "list");
        Assert.True(code == 0, error);
        Assert.Contains("key.example\tacc_k\tapi_key\tvalid\t-\tyes\tyes", output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("credentials", "check")).Code);
        Assert.Contains("2 secrets sealed anew", (await RunAsync("credentials", "rotate")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("credentials", "unseal", "key.example")).Code);
        Assert.Contains("sk-ant-k", await File.ReadAllTextAsync(PathOf("key.example")), StringComparison.Ordinal);
        await File.WriteAllTextAsync(PathOf("bad.example"), "{");
        (code, output, _) = await RunAsync("credentials", "check");
        Assert.Equal(1, code);
        Assert.Contains("bad.example: the file cannot be used: it is not valid JSON", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_whose_lock_cannot_be_had_is_not_sealed()
    {
        await File.WriteAllTextAsync(PathOf("key.example"), """{"type":"api_key","api_key":"sk-ant-k"}""");
        // A directory where the lock file would be: as root, modes keep nobody out.
        Directory.CreateDirectory(Path.Combine(_home, "credentials", ".key.example.credentials.json.lock"));
        var (code, _, error) = await RunAsync("credentials", "seal");
        Assert.Equal(1, code);
        Assert.Contains("key.example: nothing was changed: no lock file can be made", error, StringComparison.Ordinal);
        Assert.Contains("sk-ant-k", await File.ReadAllTextAsync(PathOf("key.example")), StringComparison.Ordinal);
    }

    private string PathOf(string domain) => Path.Combine(_home, "credentials", domain + ".credentials.json");

    private Dictionary<string, string?> Environment => new() { ["DATA_DIR"] = _home, ["CREDENTIALS_DIR"] = Path.Combine(_home, "credentials"), ["CLAUDE_OAUTH_TOKEN_URL"] = _tokens.Url };

    private Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) =>
        Scripts.RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "Nexus.Web.dll"), .. arguments], _home, Environment);

    private Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Nexus.Web.dll"), .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
