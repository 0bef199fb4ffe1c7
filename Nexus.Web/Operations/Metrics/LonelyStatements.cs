using System.Diagnostics;
using OpenTelemetry;

namespace Nexus.Web.Operations.Metrics;

/// <summary>Sends spans of statements only within what asked for them, such as a page: ingest, beats and listeners would make ten a second.</summary>
internal sealed class LonelyStatements : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        if (data.Source.Name == PoolMetrics.Npgsql && data.ParentSpanId == default)
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
    }
}
