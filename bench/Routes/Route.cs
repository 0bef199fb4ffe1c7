namespace Nexus.Bench.Routes;

/// <summary>One way to the upstream: what answers, where, and whose CPU time it costs.</summary>
internal abstract class Route(string name, int port) : IAsyncDisposable
{
    public string Name { get; } = name;

    public int Port { get; } = port;

    /// <summary>Whose CPU time counts, their children included.</summary>
    public abstract IReadOnlyList<int> Processes { get; }

    public abstract ValueTask DisposeAsync();
}

/// <summary>A route of one process; without one, straight to the upstream.</summary>
internal sealed class ProcessRoute(string name, int port, ServerProcess? process) : Route(name, port)
{
    public override IReadOnlyList<int> Processes => process is null ? [] : [process.Id];

    public override ValueTask DisposeAsync() => process?.DisposeAsync() ?? ValueTask.CompletedTask;

    public static async Task<ProcessRoute> YarpAsync(Workplace workplace)
    {
        var port = ServerProcess.FreePort();
        var process = ServerProcess.StartSelf(workplace.Log("yarp"), "yarp", $"{port}", workplace.UpstreamUrl);
        await process.ListensAsync(port);
        return new("yarp", port, process);
    }

    public static async Task<ProcessRoute> NginxAsync(Workplace workplace)
    {
        var port = ServerProcess.FreePort();
        var directory = Directory.CreateDirectory(Path.Combine(workplace.Directory, "nginx")).FullName;
        var file = Path.Combine(directory, "nginx.conf");
        await File.WriteAllTextAsync(file, NginxConfiguration.Text(directory, port, workplace.UpstreamPort));
        var process = ServerProcess.Start("nginx", workplace.Log("nginx"), null, "-p", directory, "-c", file);
        await process.ListensAsync(port);
        return new("nginx", port, process);
    }
}
