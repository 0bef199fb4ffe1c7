using System.CommandLine;
using Nexus.Web.Capture;
using Nexus.Web.Conversations.Rebuilding;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;

namespace Nexus.Web.Cli;

/// <summary><c>nexus conversations rebuild</c>: places stored requests in their conversations anew, also while Nexus runs.</summary>
internal static class ConversationsCommand
{
    public static Command Create() => new("conversations", "Conversations that requests are put together to.") { Rebuild() };

    private static Command Rebuild()
    {
        var domain = new Option<string>("--domain") { Description = "Of this domain alone; of all without." };
        var since = new Option<string>("--since") { Description = "Requests that arrived at this time or later: ISO 8601, UTC without an offset, such as 2026-11-01; all without." };
        var dry = new Option<bool>("--dry-run") { Description = "Only says what would change." };
        var command = new Command("rebuild", "Decides for stored requests anew which conversation, branch and parent they have. Ingest of a domain waits while what has changed in it is written.") { domain, since, dry };
        command.SetAction((parsed, cancellation) => CliDatabase.RunAsync(
            builder => builder.Services.AddSingleton<PayloadReader>().AddSingleton<Rebuilder>(),
            (services, _) => RunAsync(services, new(parsed.GetValue(domain), parsed.GetValue(since) is { } text ? IsoTime.Parse("--since", text) : null, parsed.GetValue(dry)), cancellation),
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(IServiceProvider services, RebuildArguments arguments, CancellationToken cancellation)
    {
        await using var connection = await services.GetRequiredService<Database>().JobsDataSource.OpenConnectionAsync(cancellation);
        if (!await JobLock.TryTakeAsync(connection, RebuildJob.Id, cancellation))
            throw new InvalidOperationException("A rebuild is running already; its progress is on the page Jobs. Start the next when it is done.");
        if (!arguments.DryRun)
            await AuditTrail.WriteAsync(services.GetRequiredService<Database>(), Actor.CommandLine, "conversations.rebuilt", arguments.Domain ?? "all domains", new { arguments.Since }, cancellation);
        var done = await services.GetRequiredService<Rebuilder>().RunAsync(
            connection, arguments.Domain, arguments.Since, arguments.DryRun, progress => Console.Error.WriteLineAsync($"{progress.Requests:N0} requests"), cancellation);
        Console.WriteLine(done.Words(arguments.DryRun));
        return 0;
    }
}
