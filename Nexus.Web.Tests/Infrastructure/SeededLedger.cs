using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Storage;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>Rows of the ledger without requests behind them.</summary>
internal static class SeededLedger
{
    public static LedgerRow Row(DateTimeOffset at, string domain = "one.example", long? costMicros = null, int durationMs = 1, long output = 0, string outcome = "completed")
    {
        var id = Guid.CreateVersion7(at);
        return new()
        {
            Id = id,
            StartedAt = Nexus.Web.Capture.PayloadReader.StartOf(id),
            Domain = domain,
            Method = "POST",
            Path = "/v1/messages",
            Outcome = outcome,
            Status = 200,
            ModelRequested = "claude-opus-5",
            ModelServed = "claude-opus-5",
            Lane = "main",
            OutputTokens = output,
            CostMicros = costMicros,
            DurationMs = durationMs,
            Payload = "none",
        };
    }

    public static async Task AddAsync(NexusApp nexus, params IEnumerable<object> rows)
    {
        await using var scope = nexus.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<NexusDbContext>();
        db.AddRange(rows);
        await db.SaveChangesAsync();
    }
}
