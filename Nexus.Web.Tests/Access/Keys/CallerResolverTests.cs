using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Nexus.Web.Access;
using Nexus.Web.Access.Keys;
using Nexus.Web.Capture;
using Nexus.Web.Configuration;
using Nexus.Web.Credentials;
using Nexus.Web.Credentials.Pool;
using Nexus.Web.Credentials.Sealing;
using Nexus.Web.Operations.Logs;
using Xunit;

namespace Nexus.Web.Tests.Access.Keys;

public sealed class CallerResolverTests : IDisposable
{
    private const string Team = "team.example.com";
    private static readonly IPAddress One = IPAddress.Parse("192.0.2.1");
    private readonly FakeTimeProvider _time = new(new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero));
    private readonly AccessState _state = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("nexus-callers-").FullName;

    public CallerResolverTests() => File.WriteAllText(Path.Combine(_directory, Team + ".credentials.json"), """{"type":"api_key","api_key":"sk-ant-team","client_api_key":"cnp_live_file"}""");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_key_works_until_the_moment_it_expires()
    {
        var (key, text) = Key(expires: _time.GetUtcNow().AddHours(1));
        Know(key);
        var resolver = Resolver();
        Assert.Equal(key.Id, resolver.Resolve(Team, Bearer(text), One).Caller?.KeyId);
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.NotNull(resolver.Resolve(Team, Bearer(text), One).Caller);
        _time.Advance(TimeSpan.FromMinutes(1));
        var denial = resolver.Resolve(Team, Bearer(text), One).Denial!;
        Assert.Equal((401, false), (denial.Status, denial.ShouldRetry));
        Assert.Contains("expired on 2026-11-25 13:00 UTC", denial.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nexuss_own_key_is_good_everywhere_keeps_counts_alone_and_is_no_other_process_key()
    {
        var paid = Resolver().Resolve(Team, Bearer(_own.Secret), One).Caller!;
        Assert.Equal((OwnKey.Id, OwnKey.Owner, CaptureLevel.Off), (paid.KeyId, paid.Key!.Owner, paid.Key.Capture));
        Assert.Equal(403, Resolver().Resolve("open.example.com", Bearer(_own.Secret), One).Denial!.Status);
        Assert.Equal(401, Resolver().Resolve(Team, Bearer(new OwnKey(new SecretMask()).Secret), One).Denial!.Status);
        Assert.True(KeySecret.IsNexus(_own.Secret));
    }

    [Fact]
    public void While_the_database_was_never_reached_a_managed_key_is_told_to_wait_and_the_files_key_works()
    {
        var resolver = Resolver();
        foreach (var domain in new[] { Team, "open.example.com" })
        {
            var denial = resolver.Resolve(domain, Bearer(KeySecret.New()), One).Denial!;
            Assert.Equal((503, 5, (bool?)null), (denial.Status, denial.RetryAfterSeconds, denial.ShouldRetry));
        }

        Assert.NotNull(resolver.Resolve(Team, Bearer("cnp_live_file"), One).Caller);
        Assert.Equal(401, resolver.Resolve(Team, Bearer("sk-ant-own"), One).Denial!.Status);
    }

    [Fact]
    public void What_the_last_run_knew_is_read_back_and_holds_no_key()
    {
        var (key, text) = Key(expires: _time.GetUtcNow().AddDays(1));
        var file = () => new AccessFile(new CredentialSeal(Options.Create(new DataOptions { Directory = _directory })), Options.Create(new DataOptions { Directory = _directory }), NullLogger<AccessFile>.Instance);
        var plain = Path.Combine(_directory, "keys", "client-keys.json");
        Directory.CreateDirectory(Path.GetDirectoryName(plain)!);
        // A version before this one kept it in clear.
        File.WriteAllText(plain, """{"Keys":[],"Domains":{"old.example":"Off"}}""");
        Assert.Equal(CaptureLevel.Off, file().Read()!.Domains["old.example"]);
        file().Write(KnownAccess.Of([key with { AllowedModels = ["claude-*"], Capture = CaptureLevel.Metadata }], [new(Team, CaptureLevel.Off)]));
        Assert.False(File.Exists(plain));
        var path = Path.Combine(_directory, "keys", "client-keys.sealed");
        Assert.DoesNotContain("ada", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        var known = file().Read()!;
        var read = known.Find(text)!;
        Assert.Equal((key.Id, key.Owner, CaptureLevel.Metadata, key.ExpiresAt), (read.Id, read.Owner, read.Capture, read.ExpiresAt));
        Assert.Equal(CaptureLevel.Off, known.Domains[Team]);
        File.WriteAllText(path, "rubbish");
        Assert.Null(file().Read());
    }

    [Fact]
    public void Many_wrong_keys_from_an_address_are_told_to_wait_and_a_right_one_still_passes()
    {
        var (key, text) = Key();
        Know(key);
        var resolver = Resolver();
        for (var i = 0; i <= CallerResolver.FreeGuesses; i++)
            Assert.Equal(401, resolver.Resolve(Team, Bearer("cnp_live_wrong"), One).Denial!.Status);
        var denial = resolver.Resolve(Team, Bearer("cnp_live_wrong"), One).Denial!;
        Assert.Equal((429, "rate_limit_error", 1, false), (denial.Status, denial.Type, denial.RetryAfterSeconds, denial.ShouldRetry));
        Assert.NotNull(resolver.Resolve(Team, Bearer(text), One).Caller);
        Assert.NotNull(resolver.Resolve(Team, Bearer("cnp_live_file"), One).Caller);
        Assert.Equal(401, resolver.Resolve(Team, Bearer("cnp_live_wrong"), IPAddress.Parse("192.0.2.2")).Denial!.Status);
        // No key at all is no guess.
        Assert.Equal(401, resolver.Resolve(Team, new HeaderDictionary(), One).Denial!.Status);
    }

    [Theory]
    [InlineData("true", 401)]
    [InlineData("auto", null)]
    [InlineData("false", null)]
    public void Where_a_nexus_key_is_demanded_of_everybody_an_own_credential_alone_is_not_enough(string auth, int? status)
    {
        var (key, text) = Key("open.example.com");
        Know(key);
        var resolver = Resolver(Enum.Parse<ClientAuth>(auth, ignoreCase: true));
        Assert.Equal(status, resolver.Resolve("open.example.com", Bearer("sk-ant-own"), One).Denial?.Status);
        var both = Bearer("sk-ant-own");
        both["x-api-key"] = text;
        Assert.Equal(key.Id, resolver.Resolve("open.example.com", both, One).Caller?.KeyId);
    }

    [Fact]
    public void Of_two_keys_the_one_that_works_is_meant()
    {
        var (good, text) = Key();
        var (ended, old) = Key(expires: _time.GetUtcNow());
        Know(good, ended);
        var both = Bearer(old);
        both["x-api-key"] = text;
        Assert.Equal(good.Id, Resolver().Resolve(Team, both, One).Caller?.KeyId);
    }

    [Theory]
    [InlineData("claude-haiku-*", "claude-haiku-4-5", true)]
    [InlineData("claude-haiku-*", "Claude-Haiku-4-5", true)]
    [InlineData("claude-haiku-*", "claude-opus-5", false)]
    [InlineData("*", "anything", true)]
    [InlineData("claude-opus-5", "claude-opus-5-20260801", false)]
    [InlineData("claude.opus", "claudeXopus", false)]
    public void A_star_stands_for_anything(string pattern, string model, bool allowed) => Assert.Equal(allowed, ModelPatterns.Allow([pattern], model));

    private void Know(params ClientKey[] keys) => _state.Set(KnownAccess.Of(keys, []));

    private readonly OwnKey _own = new(new SecretMask());

    private CallerResolver Resolver(ClientAuth auth = ClientAuth.Auto) => new(
        new CredentialFiles(Options.Create(new CredentialOptions { Directory = _directory }), Options.Create(new DataOptions()), new CredentialSeal(Options.Create(new DataOptions { Directory = _directory })), new AccountStates(), _time, new SecretMask(), NullLogger<CredentialFiles>.Instance),
        new DashboardKey(Options.Create(new AccessOptions { DashboardApiKey = "the-dashboard's-key" }), Options.Create(new DataOptions()), NullLogger<DashboardKey>.Instance),
        _state, _own, Options.Create(new AccessOptions { EnableClientAuth = auth }), _time);

    private static HeaderDictionary Bearer(string key) => new() { ["Authorization"] = "Bearer " + key };

    private static (ClientKey Key, string Text) Key(string domain = Team, DateTimeOffset? expires = null)
    {
        var text = KeySecret.New();
        return (new ClientKey(KeySecret.NewId(), KeyHash.Of(text), "laptop", "ada", domain, [], null, expires, null), text);
    }
}
