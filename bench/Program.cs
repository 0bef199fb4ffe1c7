using Nexus.Bench;
using Nexus.Bench.Demo;
using Nexus.Bench.Routes;
using Nexus.Bench.Upstream;

return args switch
{
    ["upstream", var port] => await ServeAsync(await SimulatedAnthropic.StartAsync(Number(port))),
    ["yarp", var port, var upstream] => await ServeAsync(await BareYarp.StartAsync(Number(port), upstream)),
    ["demo"] => await DemoCommand.RunAsync(),
    _ => await Run.MainAsync(args),
};

static int Number(string text) => int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

// Until told to stop, or until the bench that holds the other end of the input is gone.
static async Task<int> ServeAsync(WebApplication app)
{
    using var signal = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, context =>
    {
        context.Cancel = true;
        Environment.Exit(0);
    });
    Console.WriteLine($"Listening on {SimulatedAnthropic.AddressOf(app)}");
    if (Console.IsInputRedirected)
        await Console.In.ReadToEndAsync();
    else
        await app.WaitForShutdownAsync();
    return 0;
}
