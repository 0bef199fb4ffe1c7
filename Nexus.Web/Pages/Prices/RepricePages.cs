using Microsoft.EntityFrameworkCore;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Pages.Shared.Prices;
using Nexus.Web.Storage;
using Nexus.Web.Usage.Pricing;
using Nexus.Web.Usage.Repricing;

namespace Nexus.Web.Pages.Prices;

/// <summary>What the page Prices shows of re-pricing.</summary>
internal sealed class RepricePages(Database database, NexusDbContext db, TimeProvider time)
{
    private const long MostPreviewed = 500_000;
    private static readonly TimeSpan LongestPreview = TimeSpan.FromSeconds(15);

    /// <summary>A run that was asked for begins within seconds; after this long it is not waited for any more.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    public async Task<RepricePreview> PreviewAsync(PriceList list, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellation);
        var (found, whole) = await Repricer.PreviewAsync(connection, list, from, to, MostPreviewed, LongestPreview, cancellation);
        return new(list.Version, from, to, whole, found.UpTo, found.Rows, found.Changed, found.OldMicros, found.NewMicros,
            [.. found.Models.Select(model => new RepriceModel(model.Model, model.Rows, model.Changed, model.OldMicros, model.NewMicros))]);
    }

    /// <summary>What rules that are not saved would make of the last 30 days' costs.</summary>
    public Task<RepricePreview> WhatIfAsync(IReadOnlyList<PriceRule> rules, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        // No stored row has version 0: all are looked at.
        return PreviewAsync(new(0, rules), now.AddDays(-30), now, cancellation);
    }

    /// <summary>The last run, or the one that was asked for at <paramref name="since"/> and waits for its turn; null when there was none.</summary>
    public async Task<RepriceRun?> LastAsync(DateTimeOffset? since, CancellationToken cancellation)
    {
        var run = await db.JobRuns.AsNoTracking().Where(row => row.Job == RepriceJob.Id).OrderByDescending(row => row.StartedAt).FirstOrDefaultAsync(cancellation);
        if (since is { } asked && (run is null || run.StartedAt < asked) && time.GetUtcNow() - asked < LongestWait)
            return new(asked, asked, JobRuns.Running, "It waits for its turn.", null);
        return run is null ? null : new(run.StartedAt, run.StartedAt, run.Outcome, run.Summary, run.Error);
    }
}
