using System.Globalization;
using Nexus.Web.Operations.Jobs;

namespace Nexus.Web.Operations.Logs.Exporting;

/// <summary>The last day's export, on the node that takes the run; <see cref="LogKeeping"/> makes those of every other node.</summary>
internal sealed class LogExportJob(LogExporter exporter) : IJob
{
    public const string Id = "log-export";

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        var outcome = await exporter.ExportDueAsync(cancellation);
        var days = string.Join(", ", outcome.Exported.Select(day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)));
        return new(string.Create(CultureInfo.InvariantCulture,
            $"{(days.Length == 0 ? "No day was due" : $"{days}: {outcome.Lines} lines")}; {outcome.Copies} copies made, {outcome.Deleted} old exports deleted."), outcome, 1);
    }
}
