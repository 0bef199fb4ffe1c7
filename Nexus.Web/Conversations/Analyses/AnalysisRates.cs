using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>How often one person may ask for analyses and look at them, on this node.</summary>
internal sealed class AnalysisRates(IOptions<AnalysisOptions> options) : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly PartitionedRateLimiter<string> _creations = Limiter(options.Value.CreationsPerMinute);
    private readonly PartitionedRateLimiter<string> _retrievals = Limiter(options.Value.RetrievalsPerMinute);

    public int CreationsPerMinute => options.Value.CreationsPerMinute;

    public int RetrievalsPerMinute => options.Value.RetrievalsPerMinute;

    /// <returns>How long to wait; null when it may be done now.</returns>
    public TimeSpan? Create(string person) => Take(_creations, person);

    /// <inheritdoc cref="Create"/>
    public TimeSpan? Retrieve(string person) => Take(_retrievals, person);

    public void Dispose()
    {
        _creations.Dispose();
        _retrievals.Dispose();
    }

    private static TimeSpan? Take(PartitionedRateLimiter<string> limiter, string person)
    {
        using var lease = limiter.AttemptAcquire(person);
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) && wait > TimeSpan.Zero ? wait : Window;
    }

    private static PartitionedRateLimiter<string> Limiter(int perMinute) => PartitionedRateLimiter.Create<string, string>(person =>
        RateLimitPartition.GetFixedWindowLimiter(person, _ => new FixedWindowRateLimiterOptions { PermitLimit = perMinute, Window = Window, QueueLimit = 0 }));
}
