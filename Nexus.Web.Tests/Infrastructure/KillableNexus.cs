using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>The built Nexus as a process of its own, for what only a process can be put through: kills, signals, limits.</summary>
internal sealed class KillableNexus : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Queue<string> _output = new();
    private readonly TaskCompletionSource<(string Proxy, string Dashboard)> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HttpClient? _proxy;
    private HttpClient? _dashboard;

    private KillableNexus(Process process) => _process = process;

    public HttpClient Proxy => _proxy!;

    public HttpClient Dashboard => _dashboard!;

    public int ExitCode => _process.ExitCode;

    /// <summary>The last lines of its log.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return string.Join('\n', _output);
        }
    }

    /// <summary>Starts it and waits until both ports listen. Without a database it has a private PostgreSQL in its directory.</summary>
    public static async Task<KillableNexus> StartAsync(string upstream, string directory, string? database, params (string Name, string Value)[] settings)
    {
        await Days.UntilNoneEndsAsync();
        // A write past a limit of file size is to fail, as on a full disk, and not to end the process by its signal.
        var start = new ProcessStartInfo("sh", ["-c", "trap '' XFSZ; exec dotnet \"$0\"", Path.Combine(AppContext.BaseDirectory, "Nexus.Web.dll")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        (string Name, string Value)[] own =
        [
            ("HOST", "127.0.0.1"), ("PROXY_PORT", "0"), ("DASHBOARD_PORT", "0"), ("DATA_DIR", directory), ("CREDENTIALS_DIR", Path.Combine(directory, "credentials")),
            ("DASHBOARD_API_KEY", NexusApp.Key), ("CLAUDE_API_BASE_URL", upstream), ("DATABASE_URL", database ?? ""), ("HEALTH_UPSTREAM_SECONDS", "0"), ("OAUTH_USAGE_SECONDS", "0"), ("Jobs__ByClock", "false"), ("Logging__LogLevel__Nexus.Web.Proxy", "Warning"),
        ];
        foreach (var (name, value) in own.Concat(settings))
            start.Environment[name] = value;
        var nexus = new KillableNexus(Process.Start(start)!);
        nexus.Read(nexus._process.StandardOutput);
        nexus.Read(nexus._process.StandardError);
        var exited = nexus._process.WaitForExitAsync();
        if (await Task.WhenAny(nexus._listening.Task, exited).WaitAsync(TimeSpan.FromMinutes(3)) == exited)
            throw new InvalidOperationException($"Nexus ended with {nexus.ExitCode}: {nexus.Output}");
        var (proxy, dashboard) = await nexus._listening.Task;
        nexus._proxy = NexusApp.Client(proxy);
        nexus._dashboard = NexusApp.Client(dashboard);
        return nexus;
    }

    /// <summary>Runs it to its end, for a start that fails.</summary>
    public static async Task<(int Code, string Output)> FailAsync(string upstream, string directory)
    {
        try
        {
            await using var nexus = await StartAsync(upstream, directory, "postgres://nobody@127.0.0.1:9/x");
            return (0, nexus.Output);
        }
        catch (InvalidOperationException error)
        {
            return (1, error.Message);
        }
    }

    public Task ReadyAsync() => NexusApp.UntilAsync(async () => (await HealthAsync(Dashboard)).Status == 200, $"the database is ready; {Output}");

    public static async Task<(int Status, JsonNode Body)> HealthAsync(HttpClient client)
    {
        using var response = await client.GetAsync("/health");
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }

    /// <summary>SIGKILL: nothing of it runs any further.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public Task TerminateAsync() => RunAsync("kill", "-TERM", Id);

    /// <summary>Limits how large its files may grow; null lifts the limit.</summary>
    public Task LimitFilesAsync(long? bytes) => RunAsync("prlimit", "--pid", Id, $"--fsize={bytes?.ToString(CultureInfo.InvariantCulture) ?? "unlimited"}:unlimited");

    public async Task<int> ExitAsync(TimeSpan within)
    {
        await _process.WaitForExitAsync().WaitAsync(within);
        return _process.ExitCode;
    }

    /// <summary>Bytes of memory; "VmHWM": the most there ever were.</summary>
    public long Memory(string kind = "VmRSS") =>
        long.Parse(File.ReadLines($"/proc/{Id}/status").Single(line => line.StartsWith(kind, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;

    /// <summary>Ends it, as SIGTERM does, so that a private PostgreSQL ends with it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await TerminateAsync();
            await TerminateAsync();
            if (await Task.WhenAny(_process.WaitForExitAsync(), Task.Delay(TimeSpan.FromSeconds(30))) is { } first && !_process.HasExited)
                await KillAsync();
        }

        _proxy?.Dispose();
        _dashboard?.Dispose();
        _process.Dispose();
    }

    private string Id => _process.Id.ToString(CultureInfo.InvariantCulture);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var run = Process.Start(program, arguments);
        await run.WaitForExitAsync();
    }

    private async void Read(StreamReader lines)
    {
        while (await lines.ReadLineAsync() is { } line)
        {
            if (line.Contains("\"event\":\"started\"", StringComparison.Ordinal) && JsonNode.Parse(line) is { } started && started["proxy"] is { } proxy)
                _listening.TrySetResult((proxy.GetValue<string>(), started["dashboard"]!.GetValue<string>()));

            lock (_output)
            {
                _output.Enqueue(line);
                if (_output.Count > 100)
                    _output.Dequeue();
            }
        }
    }
}
