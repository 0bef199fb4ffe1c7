using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Credentials;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>Nexus on real Kestrel with its own data directory. Without a database it points at a port where none listens.</summary>
internal sealed class NexusApp : IAsyncDisposable
{
    public const string Key = "test-dashboard-key";
    private readonly WebApplication _app;
    private readonly string _directory;
    private readonly bool _ownDirectory;

    private NexusApp(WebApplication app, string directory, bool ownDirectory)
    {
        _app = app;
        _directory = directory;
        _ownDirectory = ownDirectory;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        Proxy = Client(addresses[0]);
        Dashboard = Client(addresses[1]);
    }

    public HttpClient Proxy { get; }

    public HttpClient Dashboard { get; }

    public IServiceProvider Services => _app.Services;

    public string CredentialsDirectory => Path.Combine(_directory, "credentials");

    /// <summary>A setting: this credential file is there when Nexus starts, so that nobody waits for the look at the directory that finds it.</summary>
    public static (string Name, string Value) Pays(string domain, string json) => (domain + CredentialFiles.Suffix, json);

    public static Task<NexusApp> StartAsync(FakeAnthropic upstream, string? database = null, string? directory = null, params (string Name, string Value)[] settings) =>
        StartAsync(upstream.Url, database, directory, settings);

    public static async Task<NexusApp> StartAsync(string upstream, string? database = null, string? directory = null, params (string Name, string Value)[] settings)
    {
        var home = directory ?? Directory.CreateTempSubdirectory("nexus-app-").FullName;
        Directory.CreateDirectory(Path.Combine(home, "credentials"));
        var values = new Dictionary<string, string?>
        {
            ["HOST"] = "127.0.0.1",
            ["PROXY_PORT"] = "0",
            ["DASHBOARD_PORT"] = "0",
            ["DATA_DIR"] = home,
            ["CREDENTIALS_DIR"] = Path.Combine(home, "credentials"),
            ["DASHBOARD_API_KEY"] = Key,
            ["CLAUDE_API_BASE_URL"] = upstream,
            ["DATABASE_URL"] = database ?? "postgres://nobody@127.0.0.1:9/claude_proxy",
            ["LOG_LEVEL"] = "warn",
            // What a scripted upstream gets is the test's own.
            ["HEALTH_UPSTREAM_SECONDS"] = "0",
            ["OAUTH_USAGE_SECONDS"] = "0",
        };
        foreach (var (name, value) in settings)
        {
            if (name.EndsWith(CredentialFiles.Suffix, StringComparison.Ordinal))
                File.WriteAllText(Path.Combine(home, "credentials", name), value);
            else
                values[name] = value;
        }

        // What no variable stands for: a configuration key such as Proxy:RequestMemoryBytes. A test that counts runs, audit rows or
        // alerts must not meet those of a job that is due just then: only LongJobsTests ask for them.
        var keys = settings.Prepend((Name: "Jobs:ByClock", Value: "false")).Where(setting => setting.Name.Contains(':', StringComparison.Ordinal)).Select(setting => $"--{setting.Name}={setting.Value}");
        await Days.UntilNoneEndsAsync();
        var app = Program.Build(values.TryGetValue("ASPNETCORE_ENVIRONMENT", out var environment) ? ["--environment", environment!, .. keys] : [.. keys], values);
        await app.StartAsync();
        return new NexusApp(app, home, directory is null);
    }

    public void WriteCredential(string domain, string json) => File.WriteAllText(Path.Combine(CredentialsDirectory, domain + ".credentials.json"), json);

    /// <summary>Writes a credential file and waits until it is in force, without a request: one with its key, sent too early, would count as a guess.</summary>
    public Task PayForAsync(string domain, string json)
    {
        WriteCredential(domain, json);
        return UntilAsync(() => Task.FromResult(Services.GetRequiredService<CredentialFiles>().Find(domain) is not null), "the credential file is in force");
    }

    /// <summary>Sends a message as a caller with its own credential; the answer's request id.</summary>
    public async Task<string> MessageAsync(string body, string host = "one.example")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/messages") { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Host = host;
        request.Headers.TryAddWithoutValidation("x-api-key", "sk-ant-own");
        using var response = await Proxy.SendAsync(request);
        return response.Headers.GetValues("x-nexus-request-id").Single();
    }

    /// <summary>Waits until the database is ready.</summary>
    public Task ReadyAsync() => UntilAsync(async () =>
    {
        using var health = await Dashboard.GetAsync("/health");
        return health.IsSuccessStatusCode;
    }, "the database is ready");

    /// <summary>A client that decodes and follows nothing.</summary>
    public static HttpClient Client(string address) => new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(100) };

    /// <summary>Waits until a condition holds, checking often, for at most three minutes.</summary>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var deadline = DateTime.UtcNow.AddMinutes(3);
        for (var pause = 5; !await condition(); pause = Math.Min(50, pause * 2))
        {
            if (DateTime.UtcNow > deadline)
                throw new TimeoutException($"It did not happen within three minutes: {what}");
            await Task.Delay(pause);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Proxy.Dispose();
        Dashboard.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_ownDirectory)
            Directory.Delete(_directory, recursive: true);
    }
}
