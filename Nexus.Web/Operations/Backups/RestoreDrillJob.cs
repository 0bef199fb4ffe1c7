using Nexus.Web.Operations.Jobs;

namespace Nexus.Web.Operations.Backups;

/// <summary>The drill; it fails when a backup could not be restored as it was made.</summary>
internal sealed class RestoreDrillJob(RestoreDrill drill) : IJob
{
    public const string Id = "restore-drill";

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        var results = await drill.RunAsync(context.Connection, progress => context.ReportAsync(new($"{progress.Bytes >> 20} MB are restored.", progress, progress.Share)), cancellation);
        return results.Any(result => result.Result.Problem is not null)
            ? throw new InvalidDataException(string.Join(" ", results.Select(result => result.Result.Problem ?? $"{result.File}: {result.Result.Summary}")))
            : new(string.Join(" ", results.Select(result => $"{result.File}: {result.Result.Summary}")), results.Select(result => new { result.File, result.Result.At }), 1);
    }
}
