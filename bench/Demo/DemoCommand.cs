using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Nexus.Bench.Routes;
using Nexus.Bench.Upstream;

namespace Nexus.Bench.Demo;

/// <summary>A team at work, without a Claude key: the simulated API, a Nexus that points at it, and sessions replayed through it until stopped.</summary>
internal static class DemoCommand
{
    /// <summary>The environment is Nexus's: run.sh sets DATA_DIR and the ports.</summary>
    public static async Task<int> RunAsync()
    {
        var answers = new PlannedAnswers();
        await using var upstream = await SimulatedAnthropic.StartAsync(0, answers.Take);
        var start = new ProcessStartInfo(NexusBinary.Path);
        start.Environment["CLAUDE_API_BASE_URL"] = SimulatedAnthropic.AddressOf(upstream);
        using var nexus = Process.Start(start)!;
        using var stopping = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var gateway = new Gateway(int.Parse(Environment.GetEnvironmentVariable("PROXY_PORT") is { Length: > 0 } port ? port : "3000", System.Globalization.CultureInfo.InvariantCulture), answers);
        var replay = ReplayAsync(gateway, stopping.Token);
        await nexus.WaitForExitAsync();
        await stopping.CancelAsync();
        await replay;
        return nexus.ExitCode;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            // Ends what is in flight, so that Nexus need not wait for it.
            stopping.Cancel();
            ServerProcess.Terminate(nexus.Id);
        }
    }

    private static async Task ReplayAsync(Gateway gateway, CancellationToken stopping)
    {
        // At once: what a newcomer should see within a minute.
        var first = Story.All.Select((story, i) => Again(() => LaterAsync(i * 1.5, new StoryReplay(gateway, story, new(story.People[0])).PlayAsync, stopping), stopping, times: 1));
        var triage = new TriageProgram(gateway);
        await Task.WhenAll(
            [
                .. first,
                Again(() => LaterAsync(Random.Shared.Next(3, 7), triage.OneAsync, stopping), stopping),
                Again(() => LaterAsync(Random.Shared.Next(8, 25), Next, stopping), stopping),
                Again(() => LaterAsync(Random.Shared.Next(20, 50), Next, stopping), stopping),
            ]);

        Task Next(CancellationToken cancellation)
        {
            var story = Story.All[Random.Shared.Next(Story.All.Count)];
            return new StoryReplay(gateway, story, new(story.People[Random.Shared.Next(story.People.Count)])).PlayAsync(cancellation);
        }
    }

    private static async Task LaterAsync(double seconds, Func<CancellationToken, Task> act, CancellationToken stopping)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds), stopping);
        await act(stopping);
    }

    /// <summary>Again and again until stopped. What fails (Nexus is not up yet, or is restarting) is tried again in a moment.</summary>
    private static async Task Again(Func<Task> act, CancellationToken stopping, int times = int.MaxValue)
    {
        while (times > 0 && !stopping.IsCancellationRequested)
        {
            try
            {
                await act();
                times--;
            }
            catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None);
            }
        }
    }
}
