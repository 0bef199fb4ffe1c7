using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Npgsql;

namespace Nexus.Bench.Routes;

/// <summary>A Nexus of its own: the Release build with a new DATA_DIR and the private PostgreSQL in it.</summary>
internal sealed class NexusRoute : Route
{
    public const string DashboardKey = "bench-dashboard-key";
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
    private static int _directories;
    private readonly Workplace _workplace;
    private readonly IReadOnlyDictionary<string, string> _extra;
    private ServerProcess? _process;

    private NexusRoute(Workplace workplace, string name, IReadOnlyDictionary<string, string> extra) : base(name, ServerProcess.FreePort())
    {
        _workplace = workplace;
        _extra = extra;
        DataDirectory = Path.Combine(workplace.Directory, $"{name}-{Interlocked.Increment(ref _directories)}");
    }

    public string DataDirectory { get; }

    public int DashboardPort { get; } = ServerProcess.FreePort();

    /// <summary>The app alone, without PostgreSQL.</summary>
    public int AppProcess => _process!.Id;

    public override IReadOnlyList<int> Processes => PostmasterProcess is { } postmaster ? [AppProcess, postmaster] : [AppProcess];

    private string Postgres => Path.Combine(DataDirectory, "postgres");

    private int? PostmasterProcess => Path.Combine(Postgres, "cluster", "postmaster.pid") is var file && File.Exists(file)
        ? int.Parse(File.ReadLines(file).First(), CultureInfo.InvariantCulture)
        : null;

    public static Task<NexusRoute> WithStorageAsync(Workplace workplace) => StartAsync(workplace, "nexus", []);

    public static Task<NexusRoute> WithoutStorageAsync(Workplace workplace) => StartAsync(workplace, "nexus-off", new() { ["STORAGE_ENABLED"] = "false" });

    public static async Task<NexusRoute> StartAsync(Workplace workplace, string name, Dictionary<string, string> extra)
    {
        var route = new NexusRoute(workplace, name, extra);
        await route.StartAsync();
        return route;
    }

    /// <summary>Starts the process; how long until the proxy's port answered /health, and until both were healthy with the database.</summary>
    public async Task<(TimeSpan Answering, TimeSpan Healthy)> StartAsync()
    {
        var start = Stopwatch.GetTimestamp();
        _process = ServerProcess.Start(NexusBinary.Path, _workplace.Log(Path.GetFileName(DataDirectory)), Variables());
        await _process.ListensAsync(Port);
        await UntilAsync(() => IsOkAsync(Port), TimeSpan.FromMinutes(1), "answers /health");
        var answering = Stopwatch.GetElapsedTime(start);
        await UntilAsync(() => IsOkAsync(DashboardPort), TimeSpan.FromMinutes(2), "is healthy");
        return (answering, Stopwatch.GetElapsedTime(start));
    }

    /// <summary>Lets this Nexus pay for a host with a credential of its own, and makes a managed key for it under three limits that are never reached.</summary>
    public async Task<string> LimitAsync(string host)
    {
        var credentials = Directory.CreateDirectory(Path.Combine(DataDirectory, "credentials")).FullName;
        await File.WriteAllTextAsync(Path.Combine(credentials, host + ".credentials.json"), """{"type":"api_key","accountId":"acc_bench","api_key":"sk-ant-bench"}""");
        var key = await CommandAsync("keys", "create", "--name", "bench", "--owner", "ada", "--domain", host);
        await CommandAsync("limits", "create", "--name", "key", "--scope", "key", "--subject", "*", "--amount", "100000000", "--period", "month", "--hard", "true");
        await CommandAsync("limits", "create", "--name", "owner", "--scope", "owner", "--subject", "ada", "--unit", "tokens", "--amount", "1000000000000", "--period", "day", "--hard", "true");
        await CommandAsync("limits", "create", "--name", "all", "--scope", "all", "--requests-per-minute", "100000000", "--streams", "100000");
        return key;
    }

    /// <summary>Runs one of its commands beside it, as an operator does; what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed; says what it printed.</exception>
    public async Task<string> CommandAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(NexusBinary.Path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Variables())
            start.Environment[name] = value;
        using var command = Process.Start(start)!;
        var (output, errors) = (command.StandardOutput.ReadToEndAsync(), command.StandardError.ReadToEndAsync());
        await command.WaitForExitAsync();
        if (command.ExitCode != 0)
            throw new InvalidOperationException($"nexus {string.Join(' ', arguments)} ended with {command.ExitCode}: {await output}{await errors}");
        return (await output).Trim();
    }

    private Dictionary<string, string> Variables()
    {
        var environment = new Dictionary<string, string>
        {
            ["HOST"] = "127.0.0.1",
            ["PROXY_PORT"] = $"{Port}",
            ["DASHBOARD_PORT"] = $"{DashboardPort}",
            ["DATA_DIR"] = DataDirectory,
            ["DATABASE_URL"] = "",
            ["DASHBOARD_API_KEY"] = DashboardKey,
            ["CLAUDE_API_BASE_URL"] = _workplace.UpstreamUrl,
            ["ENABLE_CLIENT_AUTH"] = "auto",
            ["LOG_LEVEL"] = "warn",
            ["DOTNET_GCgen0size"] = "2000000", // as run.sh and the image set it
        };
        foreach (var (key, value) in _extra)
            environment[key] = value;
        return environment;
    }

    public async Task StopAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        _process = null;
    }

    /// <summary>Waits until the journal's backlog is in the database; how long that took, null when it was not within the limit.</summary>
    public async Task<TimeSpan?> DrainedAsync(TimeSpan limit)
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < limit)
        {
            using var health = JsonDocument.Parse(await Http.GetByteArrayAsync($"http://127.0.0.1:{Port}/health"));
            if (!health.RootElement.TryGetProperty("journal", out var journal) || journal.ValueKind == JsonValueKind.Null || journal.GetProperty("backlog").GetInt64() == 0)
                return Stopwatch.GetElapsedTime(start);
            await Task.Delay(50);
        }

        return null;
    }

    /// <summary>The sum of a metric over all its labels, as /metrics tells it now.</summary>
    public async Task<double> MetricAsync(string name)
    {
        // The exporter gives the same answer again for 0.3 s.
        await Task.Delay(400);
        using var ask = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{DashboardPort}/metrics") { Headers = { { "X-Dashboard-Key", DashboardKey } } };
        using var answer = await Http.SendAsync(ask);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadAsStringAsync()).Split('\n').Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(line.Contains('}', StringComparison.Ordinal) ? 0 : 1).First(), CultureInfo.InvariantCulture));
    }

    /// <summary>To a database of the private PostgreSQL.</summary>
    public string ConnectionString(string database)
    {
        var password = File.ReadLines(Path.Combine(Postgres, "pgpass")).First().Split(':')[^1];
        return $"Host=127.0.0.1;Port={File.ReadAllText(Path.Combine(Postgres, "port"))};Username=postgres;Password={password};Database={database}";
    }

    public async Task<T> QueryAsync<T>(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)Convert.ChangeType((await command.ExecuteScalarAsync())!, typeof(T), CultureInfo.InvariantCulture);
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(ConnectionString("claude_proxy") + ";Pooling=false;Timeout=10;Command Timeout=1800");
        await connection.OpenAsync();
        return connection;
    }

    public override async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(DataDirectory, recursive: true);
    }

    private static async Task<bool> IsOkAsync(int port)
    {
        try
        {
            using var answer = await Http.GetAsync($"http://127.0.0.1:{port}/health");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task UntilAsync(Func<Task<bool>> condition, TimeSpan limit, string what)
    {
        for (var start = Stopwatch.GetTimestamp(); !await condition(); await Task.Delay(10))
            if (Stopwatch.GetElapsedTime(start) > limit)
                throw new InvalidOperationException($"{Name} never {what}; its log is {_workplace.Log(Path.GetFileName(DataDirectory))}.");
    }
}
