using System.Text.Json;
using Nexus.Web.Operations.Jobs;

namespace Nexus.Web.Conversations.Rebuilding;

/// <param name="Domain">Null for all.</param>
/// <param name="Since">Arrival of requests, inclusive; null for all.</param>
internal sealed record RebuildArguments(string? Domain, DateTimeOffset? Since, bool DryRun = false);

/// <summary>Places stored requests in their conversations anew. Started by hand, never by itself.</summary>
internal sealed class RebuildJob(Rebuilder rebuilder) : IJob
{
    public const string Id = "rebuild-conversations";

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        var arguments = JsonSerializer.Deserialize<RebuildArguments>(context.Arguments ?? "null", JsonSerializerOptions.Web) ?? new(null, null);
        var batches = 0;
        var done = await rebuilder.RunAsync(
            context.Connection, arguments.Domain, arguments.Since, arguments.DryRun,
            async progress =>
            {
                if (batches++ % 10 == 0)
                    await context.ReportAsync(Result(progress, arguments));
            },
            cancellation);
        return Result(done, arguments);
    }

    private static JobResult Result(RebuildSummary done, RebuildArguments arguments) => new(done.Words(arguments.DryRun), done);
}
