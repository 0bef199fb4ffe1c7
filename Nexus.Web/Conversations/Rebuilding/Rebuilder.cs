using Microsoft.EntityFrameworkCore;
using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Npgsql;

namespace Nexus.Web.Conversations.Rebuilding;

/// <summary>
/// Places the stored requests of domains anew, from their bodies, as ingest would have. What came in meanwhile is placed last, with the
/// domain locked: ingest of that domain waits for as long as that and writing take.
/// </summary>
internal sealed class Rebuilder(IDbContextFactory<NexusDbContext> contexts, PayloadReader payloads)
{
    private const int BatchSize = 500;

    /// <param name="since">Requests before it stay as they are.</param>
    /// <param name="report">Called after each batch with the requests looked at.</param>
    public async Task<RebuildSummary> RunAsync(NpgsqlConnection connection, string? domain, DateTimeOffset? since, bool dry, Func<RebuildSummary, Task> report, CancellationToken cancellation)
    {
        var total = new RebuildSummary(0, 0, 0, 0, 0);
        foreach (var name in domain is null ? await DomainsAsync(cancellation) : [domain])
        {
            var before = total;
            total += await OfDomainAsync(connection, name, since ?? DateTimeOffset.UnixEpoch, dry, done => report(before + done), cancellation);
        }

        return total;
    }

    private async Task<RebuildSummary> OfDomainAsync(NpgsqlConnection connection, string domain, DateTimeOffset since, bool dry, Func<RebuildSummary, Task> report, CancellationToken cancellation)
    {
        var work = new DomainRebuild(domain);
        var evidence = new StoredEvidence(payloads);
        await work.RememberAsync(connection, since, cancellation);
        while (await PlaceNextAsync(work, evidence, since, cancellation))
            await report(work.Summary);
        if (dry)
            return work.Summary;
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await KnownRequests.LockAsync(connection, [domain], cancellation);
        while (await PlaceNextAsync(work, evidence, since, cancellation))
        {
            // What ingest stored meanwhile.
        }

        await work.WriteAsync(connection, cancellation);
        await transaction.CommitAsync(cancellation);
        await report(work.Summary);
        return work.Summary;
    }

    private async Task<bool> PlaceNextAsync(DomainRebuild work, StoredEvidence evidence, DateTimeOffset since, CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var (at, id, domain) = (work.Last.At > since ? work.Last.At : since, work.Last.Id, work.Domain);
        var rows = await db.Requests.AsNoTracking().Where(row => row.Domain == domain && row.StartedAt >= at && (row.StartedAt > at || row.Id.CompareTo(id) > 0))
            .OrderBy(row => row.StartedAt).ThenBy(row => row.Id).Take(BatchSize).ToListAsync(cancellation);
        foreach (var row in rows)
            work.Place(row, await evidence.ReadAsync(row, cancellation));
        return rows.Count > 0;
    }

    private async Task<List<string>> DomainsAsync(CancellationToken cancellation)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        return await db.Usage1d.AsNoTracking().Select(row => row.Domain).Distinct().OrderBy(name => name).ToListAsync(cancellation);
    }
}
