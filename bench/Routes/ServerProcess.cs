using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Nexus.Bench.Routes;

/// <summary>A program that the bench started and stops, its output in a file.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private const int SigTerm = 15;
    private readonly Process _process;
    private readonly string _log;

    private ServerProcess(Process process, string log)
    {
        _process = process;
        _log = log;
    }

    public int Id => _process.Id;

    /// <summary>This program in another of its modes.</summary>
    public static ServerProcess StartSelf(string log, params string[] arguments) => Start(Environment.ProcessPath!, log, null, arguments);

    /// <summary>Its standard input stays open as long as the bench lives: this program's own modes end with it.</summary>
    public static ServerProcess Start(string program, string log, IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >> \"$0\" 2>&1", log, program, .. arguments]) { RedirectStandardInput = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var process = new ServerProcess(Process.Start(start)!, log);
        // Also when the bench is told to stop, or fails.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => process.Signal();
        return process;
    }

    /// <exception cref="InvalidOperationException">It did not listen within a minute; says where its output is.</exception>
    public async Task ListensAsync(int port)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(1); !_process.HasExited && DateTime.UtcNow < deadline; await Task.Delay(20))
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                // not yet
            }
        }

        throw new InvalidOperationException($"Process {_process.Id} does not listen on port {port}; its output is in {_log}: {string.Concat(File.ReadAllText(_log).TakeLast(1000))}");
    }

    public async ValueTask DisposeAsync()
    {
        Signal();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Asks a process to end.</summary>
    public static void Terminate(int process) => _ = Kill(process, SigTerm);

    private void Signal()
    {
        try
        {
            if (!_process.HasExited)
                Terminate(_process.Id);
        }
        catch (InvalidOperationException)
        {
            // disposed: it has ended
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
