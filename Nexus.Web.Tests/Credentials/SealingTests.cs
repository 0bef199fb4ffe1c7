using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Credentials;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Credentials.Sealing;
using Nexus.Web.Operations.Logs;
using Xunit;

namespace Nexus.Web.Tests.Credentials;

public sealed class SealingTests : IDisposable
{
    private const string Pool = """{"accounts":[{"type":"api_key","accountId":"a","api_key":"sk-ant-one"},{"type":"oauth","accountId":"b","oauth":{"accessToken":"at-secret","refreshToken":"rt-secret","expiresAt":4102444800000}}],"client_api_key":"cnp_live_k","slack":{"channel":"#ai"}}""";
    private readonly string _home = Directory.CreateTempSubdirectory("nexus-seal-").FullName;

    public SealingTests() => File.WriteAllText(PathOf(), Pool);

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void A_sealed_file_holds_no_secret_and_says_the_same()
    {
        Assert.Equal(4, new SealedFiles(Seal()).Seal(PathOf()));
        var sealedText = File.ReadAllText(PathOf());
        foreach (var secret in new[] { "sk-ant-one", "at-secret", "rt-secret", "cnp_live_k" })
            Assert.DoesNotContain(secret, sealedText, StringComparison.Ordinal);
        var credential = Read();
        Assert.Equal((null, "cnp_live_k", "sk-ant-one", "rt-secret"), (credential.Problem, credential.ClientApiKey, credential.Accounts[0].Secret, credential.Accounts[1].Tokens!.Refresh));
        Assert.Equal((4, 4), SealedFiles.Count(PathOf()));
    }

    [Fact]
    public void Unsealing_gives_the_file_back_as_it_was()
    {
        new SealedFiles(Seal()).Seal(PathOf());
        Assert.Equal(4, new SealedFiles(Seal()).Unseal(PathOf()));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Pool), JsonNode.Parse(File.ReadAllText(PathOf()))));
    }

    [Fact]
    public void A_running_gateway_opens_what_another_process_sealed_with_a_newer_key()
    {
        var running = Seal();
        new SealedFiles(Seal()).Seal(PathOf());
        Assert.Null(Read(running).Problem);
        var first = File.ReadAllText(PathOf());
        var other = Seal();
        other.Rotate();
        Assert.Equal(4, new SealedFiles(other).Reseal(PathOf()));
        Assert.NotEqual(first, File.ReadAllText(PathOf()));
        Assert.Null(Read(running).Problem);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_home, "keys", "credentials"), "key-*.xml").Length);
    }

    [Fact]
    public void A_file_whose_key_is_gone_says_where_it_is_looked_for()
    {
        new SealedFiles(Seal()).Seal(PathOf());
        Directory.Delete(Path.Combine(_home, "keys"), recursive: true);
        Assert.Contains("DATA_DIR/keys/credentials", Read().Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_others_may_open_are_named()
    {
        File.SetUnixFileMode(PathOf(), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.SetUnixFileMode(_home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Equal([$"team.example.credentials.json may be opened by other users (mode 0644): chmod 600 {PathOf()}"], Files(Seal()).Warnings);
        File.SetUnixFileMode(PathOf(), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Empty(Files(Seal()).Warnings);
    }

    [Theory]
    [InlineData("""{"accounts":[]}""", "0 accounts")]
    [InlineData("""{"accounts":[null]}""", "account 1 is empty")]
    [InlineData("""{"accounts":[{"type":"api_key","api_key":"k"},{"type":"vertex"}]}""", "account 2 has a \"type\"")]
    [InlineData("""{"accounts":[{"type":"api_key","api_key":"k","accountId":"x"},{"type":"api_key","api_key":"l","accountId":"x"}]}""", "two of its accounts have the accountId 'x'")]
    [InlineData("""{"accounts":[{"type":"oauth","oauth":{"accessToken":"a"}},{"type":"oauth","oauth":{"accessToken":"b"}}]}""", "ALLOW_OAUTH_POOL=true")]
    [InlineData("""{"type":"oauth"}""", "nexus oauth login team.example")]
    [InlineData("""{"type":"api_key","api_key":"k","base_url":"file:///etc"}""", "base_url")]
    public void A_pool_that_cannot_be_used_says_why(string json, string why)
    {
        File.WriteAllText(PathOf(), json);
        Assert.Contains(why, Read().Problem, StringComparison.Ordinal);
    }

    private string PathOf() => Path.Combine(_home, "team.example.credentials.json");

    private CredentialSeal Seal() => new(Options.Create(new DataOptions { Directory = _home }));

    private DomainCredential Read(CredentialSeal? seal = null) => Files(seal ?? Seal()).Find("team.example")!;

    private CredentialFiles Files(CredentialSeal seal) => new(
        Options.Create(new CredentialOptions { Directory = _home }), Options.Create(new DataOptions { Directory = _home }), seal, new AccountStates(), TimeProvider.System, new SecretMask(), NullLogger<CredentialFiles>.Instance);
}
