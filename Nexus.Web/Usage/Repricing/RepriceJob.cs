using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;
using Nexus.Web.Usage.Pricing;

namespace Nexus.Web.Usage.Repricing;

/// <param name="From">Arrival of requests, inclusive.</param>
/// <param name="To">Exclusive.</param>
/// <param name="Actor">Who asked for it.</param>
internal sealed record RepriceArguments(DateTimeOffset From, DateTimeOffset To, string Actor, string? Address);

/// <summary>Costs the requests of a period by the newest price list. Started on the page Prices, never by itself.</summary>
internal sealed class RepriceJob(PriceBook prices, IDbContextFactory<NexusDbContext> contexts, TimeProvider time) : IJob
{
    public const string Id = "reprice";

    /// <summary>Progress is stored after this many batches.</summary>
    private const int BatchesAReport = 10;

    public async Task<JobResult> RunAsync(JobContext context, CancellationToken cancellation)
    {
        var arguments = JsonSerializer.Deserialize<RepriceArguments>(context.Arguments ?? "null", JsonSerializerOptions.Web)
            ?? throw new InvalidOperationException("Re-pricing needs a period. Start it on the page Prices, or with: nexus prices reprice --from … --to …");
        await prices.ReloadAsync(cancellation);
        var list = prices.Newest ?? throw new InvalidOperationException("There is no valid price list. Save one on the page Prices.");
        var total = await new BilledRows(arguments.From, arguments.To, list.Version).CountAsync(context.Connection, cancellation);
        var batches = 0;
        var differences = await Repricer.RewriteAsync(
            context.Connection, list, arguments.From, arguments.To,
            async done =>
            {
                if (batches++ % BatchesAReport == 0)
                    await context.ReportAsync(Result(done, list.Version, arguments, total));
            },
            cancellation);
        var result = Result(differences, list.Version, arguments, total);
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        db.Record(new Actor(arguments.Actor, arguments.Address), time.GetUtcNow(), "prices.repriced", $"version {list.Version}", result.Details);
        await db.SaveChangesAsync(cancellation);
        return result;
    }

    private static JobResult Result(Differences done, int version, RepriceArguments arguments, long total) => new(
        $"{done.Rows:N0} of {total:N0} requests costed by price list {version}: {Dollars(done.OldMicros)} before, {Dollars(done.NewMicros)} now.",
        new { version, arguments.From, arguments.To, total, done.Rows, done.Changed, done.OldMicros, done.NewMicros, done.UpTo, done.Models });

    private static string Dollars(long micros) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"${micros / 1_000_000m:0.00}");
}
