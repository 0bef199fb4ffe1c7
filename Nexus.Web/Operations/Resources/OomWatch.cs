using Nexus.Web.Operations.Metrics;

namespace Nexus.Web.Operations.Resources;

/// <summary>What <see cref="OomWatch"/> knows.</summary>
/// <param name="Since">When this Nexus began to look.</param>
/// <param name="Seen">Kills since then.</param>
/// <param name="LastAt">When the last of them was noticed.</param>
/// <param name="Total">With those before; null where the kernel does not tell.</param>
internal sealed record OomNews(DateTimeOffset Since, long Seen, DateTimeOffset? LastAt, OomKills? Total);

/// <summary>
/// Looks once a minute whether the kernel killed a process of this container or service for lack of memory: one of PostgreSQL, a dump. Nexus itself
/// cannot tell of its own end; the cgroup's count of before does.
/// </summary>
internal sealed partial class OomWatch
{
    private readonly TimeProvider _time;
    private readonly ILogger<OomWatch> _logger;
    private readonly string _root;
    private readonly OomKills? _first;

    /// <param name="root">Where /proc and /sys are.</param>
    public OomWatch(NexusMeter meter, TimeProvider time, ILogger<OomWatch> logger, string root = "/")
    {
        (_time, _logger, _root) = (time, logger, root);
        _first = OomKills.Read(root);
        News = new(time.GetUtcNow(), 0, null, _first);
        meter.Meter.CreateObservableCounter("nexus.memory.oom_kills", () => News.Seen, "{process}", "Processes that the kernel killed for lack of memory since Nexus began.");
    }

    public OomNews News { get; private set; }

    public void Look()
    {
        if (OomKills.Read(_root) is not { } now)
            return;
        // A count that is smaller is another group's.
        var seen = _first is { } first && first.IsOfGroup == now.IsOfGroup ? Math.Max(0, now.Count - first.Count) : 0;
        if (seen > News.Seen)
            Log.Killed(_logger, seen - News.Seen, now.IsOfGroup ? "container or service" : "machine");
        News = News with { Seen = seen, LastAt = seen > News.Seen ? _time.GetUtcNow() : News.LastAt, Total = now };
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "oom_kill", Level = LogLevel.Error, Message = "The kernel killed {Count} of the processes in this {Where} for lack of memory. Give it more, or see on the page Resources what takes it.")]
        public static partial void Killed(ILogger logger, long count, string where);
    }
}
