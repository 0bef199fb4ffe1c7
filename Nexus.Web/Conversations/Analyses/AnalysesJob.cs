using System.Globalization;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Jobs;
using Npgsql;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>Takes up analyses that wait although nobody works on them: their node was killed, or the database went away between two steps.</summary>
internal sealed class AnalysesJob(AnalysisQueue queue, IOptions<AnalysisOptions> options, TimeProvider time) : IJob
{
    public const string Id = "analyses";
    private static readonly TimeSpan Overdue = TimeSpan.FromSeconds(30);

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        const string Sql = """
            SELECT id, (status = 'pending' AND next_at < $1) OR claimed_until < $1 FROM analyses
            WHERE status IN ('pending', 'processing') ORDER BY id
            """;
        var (under, late) = (0, new List<long>());
        await using (var waiting = new NpgsqlCommand(Sql, context.Connection) { Parameters = { new() { Value = time.GetUtcNow() - Overdue } } })
        await using (var reader = await waiting.ExecuteReaderAsync(cancellation))
            while (await reader.ReadAsync(cancellation))
                if (reader.GetBoolean(1))
                    late.Add(reader.GetInt64(0));
                else
                    under++;
        if (options.Value.Enabled)
            late.ForEach(id => queue.Add(id));
        return new(!options.Value.Enabled && late.Count == 0 ? "AI analysis is off (AI_ANALYSIS_ENABLED)."
            : !options.Value.Enabled ? string.Create(CultureInfo.InvariantCulture, $"{late.Count} analyses wait, but AI analysis is off (AI_ANALYSIS_ENABLED).")
            : string.Create(CultureInfo.InvariantCulture, $"{late.Count} overdue analyses taken up; {under} are on their way."), new { late, under }, 1);
    }
}
