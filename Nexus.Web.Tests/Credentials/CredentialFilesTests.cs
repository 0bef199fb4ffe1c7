using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Credentials;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Credentials.Sealing;
using Nexus.Web.Operations.Logs;
using Xunit;

namespace Nexus.Web.Tests.Credentials;

public sealed class CredentialFilesTests : IDisposable
{
    private const string Login = """{"type":"oauth","oauth":{"accessToken":"access-0","refreshToken":"refresh-0","expiresAt":4102444800000}""";
    private readonly string _home = Directory.CreateTempSubdirectory("nexus-files-").FullName;
    private readonly CredentialFiles _files;

    public CredentialFilesTests()
    {
        Write(Login + "}");
        _files = new(
            Options.Create(new CredentialOptions { Directory = _home }), Options.Create(new DataOptions { Directory = _home }), new(Options.Create(new DataOptions { Directory = _home })),
            new AccountStates(), TimeProvider.System, new SecretMask(), NullLogger<CredentialFiles>.Instance);
    }

    public void Dispose()
    {
        _files.Dispose();
        Directory.Delete(_home, recursive: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Login)]
    public void A_half_written_file_leaves_what_was_read_before_in_force_for_five_looks(string half)
    {
        Write(half);
        for (var look = 0; look < CredentialFiles.MostBroken; look++)
        {
            Assert.False(_files.Refresh());
            Assert.Equal("access-0", Domain!.Accounts[0].Secret);
        }

        Assert.True(_files.Refresh());
        Assert.Contains("not valid JSON", Domain!.Problem, StringComparison.Ordinal);
        Write(Login + "}");
        Assert.True(_files.Refresh());
        Assert.Null(Domain!.Problem);
    }

    [Fact]
    public void A_file_that_is_whole_again_has_all_five_looks_the_next_time()
    {
        for (var time = 0; time < 3; time++)
        {
            Write(Login);
            for (var look = 0; look < CredentialFiles.MostBroken; look++)
                _files.Refresh();
            Write(Login + "}");
            Assert.False(_files.Refresh());
            Assert.Null(Domain!.Problem);
        }
    }

    [Fact]
    public void A_whole_file_that_says_something_else_and_a_deleted_one_are_in_force_at_once()
    {
        Write("""{"type":"vertex"}""");
        Assert.True(_files.Refresh());
        Assert.NotNull(Domain!.Problem);
        File.Delete(PathOf);
        Assert.True(_files.Refresh());
        Assert.Null(Domain);
    }

    [Fact]
    public void Unsaved_tokens_outlive_a_time_when_the_file_cannot_be_used_but_not_a_new_login()
    {
        var account = Domain!.Accounts[0];
        account.Tokens = account.Tokens! with { Access = "access-1", Refresh = "refresh-1" };
        account.Health = account.Health with { Unsaved = "the disk is full" };
        Write(Login);
        for (var look = 0; look <= CredentialFiles.MostBroken; look++)
            _files.Refresh();
        Assert.NotNull(Domain!.Problem);
        Write(Login + ""","accountId":"renamed"}""");
        _files.Refresh();
        Assert.Equal(("renamed", "access-1", "the disk is full"), (Domain!.Accounts[0].Id, Domain.Accounts[0].Secret, Domain.Accounts[0].Health.Unsaved));
        Write((Login + "}").Replace("-0", "-new", StringComparison.Ordinal));
        _files.Refresh();
        Assert.Equal(("access-new", null), (Domain!.Accounts[0].Secret, Domain.Accounts[0].Health.Unsaved));
    }

    private string PathOf => Path.Combine(_home, "team.example.credentials.json");

    private DomainCredential? Domain => _files.Find("team.example");

    private void Write(string json) => File.WriteAllText(PathOf, json);
}
