using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Credentials;
using Nexus.Web.Tests.Infrastructure;

namespace Nexus.Web.Tests.Clients;

/// <summary>A way from a client to a scripted upstream of its own: straight, or through a Nexus with an empty ledger.</summary>
internal sealed class Route : IAsyncDisposable
{
    public const string AccountKey = "sk-ant-api03-the-accounts-own";
    private const string CallersKey = "sk-ant-api03-the-callers-own";
    private const string NexusKey = "cnp_live_the_callers_nexus_key";
    private readonly FakeAnthropic _upstream;

    private Route(FakeAnthropic upstream, NexusApp? nexus, string key)
    {
        _upstream = upstream;
        Nexus = nexus;
        Key = key;
        _upstream.Answer = Script.AnswerAsync;
    }

    public Script Script { get; } = new();

    public NexusApp? Nexus { get; }

    /// <summary>What the client is told to send.</summary>
    public string Key { get; }

    /// <summary>Whether Nexus swaps the caller's key for an account's.</summary>
    public bool Paid => Key == NexusKey;

    public string BaseUrl => (Nexus?.Proxy.BaseAddress?.ToString() ?? _upstream.Url).TrimEnd('/');

    public static async Task<Route> StraightAsync() => new(await FakeAnthropic.StartAsync(), null, CallersKey);

    public static async Task<Route> ThroughNexusAsync()
    {
        var upstream = await FakeAnthropic.StartAsync();
        var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync());
        return new(upstream, nexus, CallersKey);
    }

    /// <summary>Through a Nexus whose credential file pays: the caller has a Nexus key only.</summary>
    public static async Task<Route> PaidByNexusAsync()
    {
        var upstream = await FakeAnthropic.StartAsync();
        var nexus = await NexusApp.StartAsync(upstream, await Postgres.NewDatabaseAsync());
        nexus.WriteCredential(nexus.Proxy.BaseAddress!.Authority, $$"""{"type":"api_key","accountId":"acc_team","api_key":"{{AccountKey}}","client_api_key":"{{NexusKey}}"}""");
        await NexusApp.UntilAsync(() => Task.FromResult(nexus.Services.GetRequiredService<CredentialFiles>().All.Any()), "the credential file is in force");
        return new(upstream, nexus, NexusKey);
    }

    public async ValueTask DisposeAsync()
    {
        if (Nexus is not null)
            await Nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }
}
