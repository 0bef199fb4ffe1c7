using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Api;

public sealed class KeyEndpointsTests : IAsyncLifetime
{
    private const string Team = "team.example.com";
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Streams.Json);
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task A_key_is_made_changed_rotated_and_revoked_on_either_port()
    {
        _nexus.WriteCredential(Team, """{"type":"api_key","api_key":"sk-ant-team"}""");
        var (status, made) = await CallAsync(_nexus.Proxy, HttpMethod.Post, "/api/keys", new { name = "ci", owner = "ada", domain = "Team.Example.com:3000", allowedModels = new[] { "claude-haiku-*" } });
        Assert.Equal(HttpStatusCode.Created, status);
        var (key, id) = (made!["key"]!.GetValue<string>(), made["details"]!["id"]!.GetValue<string>());
        Assert.Equal((Team, "active", key[^4..]), (made["details"]!["domain"]!.GetValue<string>(), made["details"]!["state"]!.GetValue<string>(), made["details"]!["hint"]!.GetValue<string>()));
        await NexusApp.UntilAsync(async () => await _nexus.StatusAsync(Team, key) == HttpStatusCode.Forbidden, "its models are in force");

        (status, var changed) = await CallAsync(_nexus.Dashboard, HttpMethod.Patch, $"/api/keys/{id}", new { allowedModels = Array.Empty<string>(), capture = "metadata", captureReason = "agreed with ada" });
        Assert.Equal((HttpStatusCode.OK, "metadata", "ci"), (status, changed!["capture"]!.GetValue<string>(), changed["name"]!.GetValue<string>()));
        await NexusApp.UntilAsync(async () => await _nexus.StatusAsync(Team, key) == HttpStatusCode.OK, "every model is allowed");

        (status, var rotated) = await CallAsync(_nexus.Dashboard, HttpMethod.Post, $"/api/keys/{id}/rotate", new { oldKeyEndsAt = DateTimeOffset.UtcNow.AddHours(1) });
        Assert.Equal((HttpStatusCode.Created, id), (status, rotated!["details"]!["rotatedFrom"]!.GetValue<string>()));
        (status, _) = await CallAsync(_nexus.Proxy, HttpMethod.Delete, $"/api/keys/{id}");
        Assert.Equal(HttpStatusCode.OK, status);
        await NexusApp.UntilAsync(async () => await _nexus.StatusAsync(Team, key) == HttpStatusCode.Unauthorized, "it is revoked");

        var (_, list) = await CallAsync(_nexus.Dashboard, HttpMethod.Get, $"/api/keys?domain={Team}");
        Assert.Equal(["active", "revoked"], list!["keys"]!.AsArray().Select(line => line!["state"]!.GetValue<string>()));
        Assert.DoesNotContain("cnp_live_", list.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hash", list.ToJsonString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task What_is_wrong_is_said_field_by_field()
    {
        var (status, answer) = await CallAsync(_nexus.Dashboard, HttpMethod.Post, "/api/keys", new { name = "", domain = "../etc", allowedModels = new[] { "a b" }, capture = "off", expiresAt = "2020-01-01T00:00:00Z" });
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(["name", "owner", "domain", "allowedModels", "expiresAt", "captureReason"], answer!["details"]!.AsArray().Select(line => line!.GetValue<string>().Split(':')[0]));
        Assert.Equal(HttpStatusCode.BadRequest, (await CallAsync(_nexus.Dashboard, HttpMethod.Post, "/api/keys", "no object")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await CallAsync(_nexus.Dashboard, HttpMethod.Put, "/api/domains/x.example/capture", new { level = "half", reason = "r" })).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await CallAsync(_nexus.Dashboard, HttpMethod.Delete, "/api/keys/key_none")).Status);
        using var without = await _nexus.Proxy.GetAsync("/api/keys");
        Assert.Equal(HttpStatusCode.Unauthorized, without.StatusCode);
    }

    [Fact]
    public async Task A_domains_level_holds_for_its_keys_and_a_keys_own_before_it()
    {
        var (inherits, plain) = await _nexus.NewKeyAsync(KeyRing.KeyOf(Team));
        var (own, full) = await _nexus.NewKeyAsync(KeyRing.KeyOf(Team) with { Capture = Nexus.Web.Capture.CaptureLevel.Full, CaptureReason = "debugging with grace" });
        Assert.Equal(HttpStatusCode.NoContent, (await CallAsync(_nexus.Dashboard, HttpMethod.Put, $"/api/domains/{Team}/capture", new { level = "metadata", reason = "contract" })).Status);
        await NexusApp.UntilAsync(async () => await PayloadAsync(plain) == "none", "the domain's level is in force");
        Assert.Equal("stored", await PayloadAsync(full));
        Assert.Equal(HttpStatusCode.NoContent, (await CallAsync(_nexus.Dashboard, HttpMethod.Put, $"/api/domains/{Team}/capture", new { level = "inherit" })).Status);
        await NexusApp.UntilAsync(async () => await PayloadAsync(plain) == "stored", "the default is back");
        Assert.NotEqual(inherits.Id, own.Id);
    }

    /// <summary>Sends a message with the key and its caller's own credential; what the ledger says was kept of it.</summary>
    private async Task<string> PayloadAsync(string key)
    {
        using var answer = await _nexus.AskAsync(Team, key, "sk-ant-own");
        var id = Guid.Parse(answer.Headers.GetValues("x-nexus-request-id").Single());
        string? payload = null;
        await using var source = Npgsql.NpgsqlDataSource.Create(((Nexus.Web.Storage.Database)_nexus.Services.GetService(typeof(Nexus.Web.Storage.Database))!).DataSource.ConnectionString);
        await NexusApp.UntilAsync(async () =>
        {
            await using var command = source.CreateCommand($"SELECT payload FROM requests WHERE id = '{id}'");
            return (payload = (string?)await command.ExecuteScalarAsync()) is not null;
        }, "the request is in the ledger");
        return payload!;
    }

    private static async Task<(HttpStatusCode Status, JsonNode? Body)> CallAsync(HttpClient client, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { { "X-Dashboard-Key", NexusApp.Key } }, Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }
}
