using System.Collections.Concurrent;
using System.IO.Hashing;
using Nexus.Bench.Upstream;

namespace Nexus.Bench.Demo;

/// <summary>What the simulated API answers to which body: the replay says so before it asks, so that no request carries a hint.</summary>
internal sealed class PlannedAnswers
{
    private readonly ConcurrentDictionary<ulong, Plan> _plans = new();

    public void Expect(byte[] body, Plan plan) => _plans[XxHash3.HashToUInt64(body)] = plan;

    public Plan? Take(ReadOnlyMemory<byte> body) => _plans.TryRemove(XxHash3.HashToUInt64(body.Span), out var plan) ? plan : null;
}
