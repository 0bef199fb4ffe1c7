namespace Nexus.Bench.Routes;

/// <summary>A temporary directory for everything that a run starts, and the upstream that all routes lead to.</summary>
internal sealed class Workplace : IAsyncDisposable
{
    private ServerProcess? _upstream;

    private Workplace(string directory) => Directory = directory;

    public string Directory { get; }

    public int UpstreamPort { get; } = ServerProcess.FreePort();

    public string UpstreamUrl => $"http://127.0.0.1:{UpstreamPort}";

    public static async Task<Workplace> OpenAsync()
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("nexus-bench-").FullName;
        // The private PostgreSQL runs as another user and must reach what is its own below.
        File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        var workplace = new Workplace(directory);
        workplace._upstream = ServerProcess.StartSelf(workplace.Log("upstream"), "upstream", $"{workplace.UpstreamPort}");
        await workplace._upstream.ListensAsync(workplace.UpstreamPort);
        return workplace;
    }

    public string Log(string name) => Path.Combine(Directory, name + ".log");

    public async ValueTask DisposeAsync()
    {
        if (_upstream is not null)
            await _upstream.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
