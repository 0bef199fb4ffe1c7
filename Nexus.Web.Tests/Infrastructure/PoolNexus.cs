using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Credentials;
using Npgsql;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>An attempt as the ledger has it.</summary>
internal sealed record StoredAttempt(int Ordinal, string? Account, int? Status, string? Scope, string? Error, string? Headers);

/// <summary>
/// Nexus with a domain of one account and one of three, each account with a raw upstream of its own. The accounts are numbered
/// in the order in which the test's session asks them, so that a test can say what "the first" does.
/// </summary>
internal sealed class PoolNexus : IAsyncDisposable
{
    public const string Session = "session-1";
    public const string Pool = "pool.example";
    public const string Single = "single.example";
    public const string Model = "claude-opus-5";
    public const string Sound = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-opus-5\",\"content\":[],\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    private readonly NpgsqlDataSource _source;

    private PoolNexus(NexusApp app, string database, IReadOnlyList<RawUpstream> upstreams)
    {
        (App, Upstreams) = (app, upstreams);
        _source = NpgsqlDataSource.Create(database);
    }

    public NexusApp App { get; }

    /// <summary>In the order in which the session asks them; the first is the single account's, too.</summary>
    public IReadOnlyList<RawUpstream> Upstreams { get; }

    public static async Task<PoolNexus> StartAsync(params (string Name, string Value)[] settings)
    {
        var upstreams = Enumerable.Range(0, 3).Select(_ => RawUpstream.Start()).ToList();
        var database = await Postgres.NewDatabaseAsync();
        string[] ids = ["acc_a", "acc_b", "acc_c"];
        var ranked = ids.OrderByDescending(id => Rank(id)).ToList();
        var accounts = ranked.Select((id, index) => $$"""{"type":"api_key","accountId":"{{id}}","api_key":"sk-ant-{{id}}","base_url":"{{upstreams[index].Url}}"}""");
        var app = await NexusApp.StartAsync(upstreams[0].Url, database, null,
        [
            NexusApp.Pays(Single, $$"""{"type":"api_key","accountId":"acc_single","api_key":"sk-ant-single","client_api_key":"cnp_live_k","base_url":"{{upstreams[0].Url}}"}"""),
            NexusApp.Pays(Pool, $$"""{"accounts":[{{string.Join(',', accounts)}}],"client_api_key":"cnp_live_k"}"""),
            .. settings,
        ]);
        var nexus = new PoolNexus(app, database, upstreams);
        nexus.Reset();
        return nexus;
    }

    /// <summary>An event stream, whole.</summary>
    public static string Stream(string events) => $"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: {events.Length}\r\n\r\n{events}";

    public static string Error(int status, string type, params string[] headers)
    {
        var body = $$$"""{"type":"error","error":{"type":"{{{type}}}","message":"from the upstream"},"request_id":"req_1"}""";
        return $"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n{body}";
    }

    public AccountAt this[int index] => new(App.Services.GetRequiredService<CredentialFiles>().Find(Pool)!.Accounts[index]);

    /// <summary>Makes all accounts new, and all upstreams sound.</summary>
    public void Reset()
    {
        foreach (var state in App.Services.GetRequiredService<Nexus.Web.Credentials.Pool.AccountStates>().All)
            state.Change(_ => Nexus.Web.Credentials.Pool.AccountStatus.Fresh.WithMode(Nexus.Web.Credentials.Pool.AccountMode.Active, "test", DateTimeOffset.UtcNow)); // also over what is stored
        foreach (var upstream in Upstreams)
        {
            upstream.Answer = exchange => exchange.SendAsync(Stream(Sound));
            upstream.Requests.Clear();
        }
    }

    /// <summary>A streaming message of the session, on a connection of its own.</summary>
    public async Task<RawClient> SendAsync(string domain, string body = $$"""{"model":"{{Model}}","stream":true,"messages":[]}""", string session = Session)
    {
        var client = await RawClient.ConnectAsync(App.Proxy.BaseAddress!);
        await client.SendAsync($"POST /v1/messages HTTP/1.1\r\nHost: {domain}\r\nx-api-key: cnp_live_k\r\nX-Claude-Code-Session-Id: {session}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        return client;
    }

    public async Task<RawMessage> AskAsync(string domain, string body = $$"""{"model":"{{Model}}","stream":true,"messages":[]}""", string session = Session)
    {
        using var client = await SendAsync(domain, body, session);
        return await client.ReadAsync();
    }

    /// <summary>The request's outcome, status and account, once it is stored.</summary>
    public async Task<(string Outcome, int? Status, string? Account)> LedgerAsync(RawMessage answer)
    {
        (string, int?, string?)? found = null;
        await NexusApp.UntilAsync(async () =>
        {
            await using var command = _source.CreateCommand("SELECT outcome, status, account_id FROM requests WHERE id = $1");
            command.Parameters.Add(new() { Value = Guid.Parse(answer.Header("x-nexus-request-id")!) });
            await using var reader = await command.ExecuteReaderAsync();
            if (await reader.ReadAsync())
                found = (reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetInt16(1), reader.IsDBNull(2) ? null : reader.GetString(2));
            return found is not null;
        }, "the request is stored");
        return found!.Value;
    }

    /// <summary>Of a request that is stored.</summary>
    public async Task<IReadOnlyList<StoredAttempt>> AttemptsAsync(RawMessage answer)
    {
        await using var command = _source.CreateCommand("SELECT ordinal, account_id, status, scope, error, headers::text FROM attempts WHERE id = $1 ORDER BY ordinal");
        command.Parameters.Add(new() { Value = Guid.Parse(answer.Header("x-nexus-request-id")!) });
        await using var reader = await command.ExecuteReaderAsync();
        var attempts = new List<StoredAttempt>();
        while (await reader.ReadAsync())
            attempts.Add(new(reader.GetInt16(0), Text(1), reader.IsDBNull(2) ? null : reader.GetInt16(2), Text(3), Text(4), Text(5)));
        return attempts;

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await _source.DisposeAsync();
        foreach (var upstream in Upstreams)
            upstream.Dispose();
    }

    private static ulong Rank(string id) => System.IO.Hashing.XxHash3.HashToUInt64(
        System.Runtime.InteropServices.MemoryMarshal.AsBytes((Session + "/").AsSpan()), unchecked((long)Nexus.Web.Credentials.Pool.PoolChoice.SeedOf(id)));

    /// <summary>An account as the app holds it now.</summary>
    internal sealed record AccountAt(Account Account)
    {
        public string Id => Account.Id;
        public Nexus.Web.Credentials.Pool.AccountStatus Status => Account.State.Status;
    }
}
