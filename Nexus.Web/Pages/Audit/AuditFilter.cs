using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Audit;

/// <summary>Which entries of the audit log are meant, as the URL names them: the page and its exports read the same.</summary>
internal sealed record AuditFilter(TimeRange Range, string? Action, string? Actor, string? Subject)
{
    public const string DefaultRange = "7d";
    private const int MostChoices = 100;

    public bool IsEmpty => Action is null && Actor is null && Subject is null;

    public static AuditFilter Read(IQueryCollection query, TimeZoneInfo zone, DateTimeOffset now)
    {
        string? Text(string name) => query[name].ToString().Trim() is { Length: > 0 } value ? value : null;
        return new(TimeRange.Read(query, zone, now, DefaultRange), Text("action"), Text("actor"), Text("subject"));
    }

    /// <summary>What the filters offer: what the time's entries have, each with how many it leaves under the other filters.</summary>
    public async Task<(List<FilterOption> Actions, List<FilterOption> Actors)> CountsAsync(IQueryable<AuditRow> rows, CancellationToken cancellation)
    {
        async Task<List<FilterOption>> CountAsync(AuditFilter without, Expression<Func<AuditRow, string>> by) =>
            [.. (await without.Apply(rows).GroupBy(by).Select(group => new { group.Key, Count = group.Count() }).OrderBy(group => group.Key).Take(MostChoices).ToListAsync(cancellation)).Select(group => new FilterOption(group.Key, null, group.Count))];
        return (await CountAsync(this with { Action = null }, row => row.Action), await CountAsync(this with { Actor = null }, row => row.Actor));
    }

    public IQueryable<AuditRow> Apply(IQueryable<AuditRow> rows)
    {
        var (from, to) = (Range.From.ToUniversalTime(), Range.To.ToUniversalTime());
        rows = rows.Where(row => row.At >= from && row.At < to);
        if (Action is { } action)
            rows = rows.Where(row => row.Action == action);
        if (Actor is { } actor)
            rows = rows.Where(row => row.Actor == actor);
        if (Subject is { } subject)
            rows = rows.Where(row => row.Subject.Contains(subject));
        return rows;
    }

    public static IQueryable<AuditRow> Sorted(IQueryable<AuditRow> rows, bool ascending) =>
        ascending ? rows.OrderBy(row => row.At).ThenBy(row => row.Id) : rows.OrderByDescending(row => row.At).ThenByDescending(row => row.Id);

    public IEnumerable<(string Name, string? Value)> Query() => [.. Range.Query(DefaultRange), ("action", Action), ("actor", Actor), ("subject", Subject)];
}
