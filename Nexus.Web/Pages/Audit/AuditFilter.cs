using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Audit;

/// <summary>Which entries of the audit log are meant, as the URL names them: the page and its exports read the same.</summary>
internal sealed record AuditFilter(TimeRange Range, string? Action, string? Actor, string? Subject)
{
    public const string DefaultRange = "7d";

    public bool IsEmpty => Action is null && Actor is null && Subject is null;

    public static AuditFilter Read(IQueryCollection query, TimeZoneInfo zone, DateTimeOffset now)
    {
        string? Text(string name) => query[name].ToString().Trim() is { Length: > 0 } value ? value : null;
        return new(TimeRange.Read(query, zone, now, DefaultRange), Text("action"), Text("actor"), Text("subject"));
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

    public IEnumerable<(string Name, string? Value)> Query() => [.. Range.Query(DefaultRange), ("action", Action), ("actor", Actor), ("subject", Subject)];
}
