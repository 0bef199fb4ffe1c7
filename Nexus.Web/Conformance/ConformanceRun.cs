using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Nexus.Web.Credentials;
using Nexus.Web.Listening;
using Nexus.Web.Operations.Health;
using Nexus.Web.Operations.Logs;
using Nexus.Web.Proxy;
using Yarp.ReverseProxy;

namespace Nexus.Web.Conformance;

/// <summary>
/// Runs the contract against this very instance, through its own port: a scripted upstream, and two domains whose accounts have
/// their address there. Both are in memory alone, so that nothing is left of them, not even by a crash; nothing of a run is
/// in ledger, usage or budgets.
/// </summary>
internal sealed class ConformanceRun(CredentialFiles files, SecretMask mask, IProxyStateLookup clusters, IServer server, TlsCertificate certificate, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>The newest since this node started.</summary>
    public ConformanceReport? Last { get; private set; }

    /// <param name="gateway">Null: the proxy's own port.</param>
    /// <returns>Null when another run is under way.</returns>
    public async Task<ConformanceReport?> RunAsync(Uri? gateway, CancellationToken cancellation)
    {
        if (!await _one.WaitAsync(0, cancellation))
            return null;
        try
        {
            return Last = await RunAllAsync(gateway ?? OwnAddress.OfProxy(server), cancellation);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<ConformanceReport> RunAllAsync(Uri gateway, CancellationToken cancellation)
    {
        var (startedAt, begun) = (time.GetUtcNow(), time.GetTimestamp());
        var id = Random();
        var (host, oauthHost) = ($"conformance-{id}.invalid", $"oauth.conformance-{id}.invalid");
        var secrets = new RunSecrets("cnp_live_" + Random(), "sk-ant-api03-" + Random(), "sk-ant-oat01-" + Random());
        foreach (var secret in new[] { secrets.Nexus, secrets.Account, secrets.Token })
            mask.Learn(secret);
        await using var upstream = await ScriptedUpstream.StartAsync(cancellation);
        using var client = new ConformanceClient(gateway, OwnAddress.Handler(certificate));
        try
        {
            files.Lend(host, Credential("conformance", secrets.Account, secrets.Nexus, upstream.Address));
            files.Lend(oauthHost, Credential("conformance-oauth", secrets.Token, secrets.Nexus, upstream.Address));
            while (!clusters.TryGetCluster(Upstreams.IdOf(upstream.Address), out _))
                await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellation);
            var results = new List<CheckResult>();
            foreach (var check in Contract.Checks)
            {
                var at = time.GetTimestamp();
                var seen = await PlayAsync(check, upstream, client, secrets, check.Ask.OAuth ? oauthHost : host, cancellation);
                results.Add(CheckResult.Of(seen, time.GetElapsedTime(at)));
            }

            var passed = results.Count(result => result.Passed);
            return new(startedAt, HealthState.Version, gateway, passed, results.Count - passed, (int)time.GetElapsedTime(begun).TotalMilliseconds, results);
        }
        finally
        {
            files.TakeBack(host);
            files.TakeBack(oauthHost);
        }
    }

    private async Task<Observed> PlayAsync(Check check, ScriptedUpstream upstream, ConformanceClient client, RunSecrets secrets, string host, CancellationToken cancellation)
    {
        using var scene = new Scene(check.Reply);
        upstream.Play(scene);
        var answers = await Task.WhenAll(Enumerable.Range(0, check.Ask.Times).Select(_ => client.SendAsync(check.Ask, check.Reply, host, secrets.Nexus, scene.PieceReceived, cancellation)));
        var left = check.Ask.LeavesEarly && await Task.WhenAny(scene.Left.Task, Task.Delay(TimeSpan.FromSeconds(3), time, cancellation)) == scene.Left.Task;
        return new(check, [.. scene.Arrived], answers, secrets, host, scene.HeldBack, left);
    }

    private static byte[] Credential(string account, string secret, string key, Uri upstream) =>
        JsonSerializer.SerializeToUtf8Bytes(new { type = "api_key", accountId = account, api_key = secret, client_api_key = key, base_url = upstream });

    private static string Random() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
