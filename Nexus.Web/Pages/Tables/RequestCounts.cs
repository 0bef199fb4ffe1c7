using Microsoft.EntityFrameworkCore;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Pages.Tables;

/// <summary>
/// What the filters of the requests offer, with how many requests each leaves under the others. From rollups: it costs the same for ten
/// million. They know all requests and the failed ones; under another outcome, or a status, nothing is counted.
/// </summary>
internal sealed record RequestCounts(IReadOnlyList<FilterOption> Domains, IReadOnlyList<FilterOption> Models, long? Errors)
{
    private sealed record Sum(string Domain, string Model, long Requests, long Errors);

    /// <summary>Of the filter's time; of the last thirty days when it has no beginning. What those days know is offered in any case.</summary>
    public static async Task<RequestCounts> ReadAsync(NexusDbContext db, RequestFilter filter, DateTimeOffset now, CancellationToken cancellation)
    {
        var first = now.AddDays(-30);
        var month = await SumsAsync(db.Usage1d.AsNoTracking().Where(row => row.Bucket >= first), cancellation);
        var (from, to) = filter.Times;
        var sums = from is null && to is null || filter.Range == "30d" ? month : await SumsAsync(db.UsageSlices.FromSqlRaw(UsageTables.Between(from ?? (to ?? now).AddDays(-30), to ?? now, now)).AsNoTracking(), cancellation);
        var known = month.Concat(sums).ToList();
        Func<Sum, long>? counted = filter.Status is not null ? null : filter.Outcome switch { null => sum => sum.Requests, RequestFilter.Errors => sum => sum.Errors, _ => null };
        return new(
            Options(known.Select(sum => sum.Domain), sums.Where(sum => filter.Model is null || sum.Model == filter.Model).ToLookup(sum => sum.Domain), counted),
            Options(known.Select(sum => sum.Model), sums.Where(sum => filter.Domain is null || sum.Domain == filter.Domain).ToLookup(sum => sum.Model), counted),
            filter.Status is not null ? null : sums.Where(sum => (filter.Model is null || sum.Model == filter.Model) && (filter.Domain is null || sum.Domain == filter.Domain)).Sum(sum => sum.Errors));
    }

    private static List<FilterOption> Options(IEnumerable<string> names, ILookup<string, Sum> sums, Func<Sum, long>? counted) =>
        [.. names.Where(name => name.Length > 0).Distinct().Order(StringComparer.Ordinal).Select(name => new FilterOption(name, null, counted is null ? null : sums[name].Sum(counted)))];

    private static Task<List<Sum>> SumsAsync<T>(IQueryable<T> usage, CancellationToken cancellation)
        where T : UsageRow =>
        usage.GroupBy(row => new { row.Domain, row.Model })
            .Select(group => new Sum(group.Key.Domain, group.Key.Model, group.Sum(row => row.Requests), group.Sum(row => row.Errors))).ToListAsync(cancellation);
}
