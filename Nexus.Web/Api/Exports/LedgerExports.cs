using Microsoft.EntityFrameworkCore;
using Nexus.Web.Pages;
using Nexus.Web.Pages.Audit;
using Nexus.Web.Pages.Tables;

namespace Nexus.Web.Api.Exports;

/// <summary>Rows of the ledger and of what is kept beside it, as files.</summary>
internal static class LedgerExports
{
    /// <summary>The requests page's rows under its filter and in its order, with every column of the ledger; texts lie in the payloads.</summary>
    public static Export Requests(ExportQuestion question)
    {
        var filter = RequestFilter.Read(question.Query, question.Range.Zone, question.Now);
        var order = TableState.Read(KnownTables.Requests, question.Query);
        // As on the page: no figure orders more than a month.
        var sort = RequestOrder.IsFigure(order.Sort) && !(filter.Length(question.Now) <= RequestOrder.Longest) ? null : order.Sort;
        return Export.Of("requests", db => RequestOrder.Sorted(filter.Apply(db.Requests.AsNoTracking()), sort, order.Ascending));
    }

    public static Export CacheMisses(ExportQuestion question) => Export.Of("cache-misses", """
        SELECT started_at, id, previous_id, previous_at, domain, account_id, key_id, owner, session_id, agent_id, model, cause, changed_part, missed_tokens, wasted_micros
        FROM cache_misses WHERE started_at >= $1 AND started_at < $2 ORDER BY started_at DESC, id DESC
        """, Export.Time(question.Range.From), Export.Time(question.Range.To));

    /// <summary>Those of requests that failed or took more than one.</summary>
    public static Export Attempts(ExportQuestion question) => Export.Of("attempts", """
        SELECT started_at, id, ordinal, account_id, after_ms, wait_ms, duration_ms, status, scope, error
        FROM attempts WHERE started_at >= $1 AND started_at < $2 ORDER BY started_at DESC, id DESC, ordinal
        """, Export.Time(question.Range.From), Export.Time(question.Range.To));

    public static Export AccountWindows(ExportQuestion question) =>
        Export.Of("account-windows", "SELECT account_id, window_name, status, utilization, resets_at, observed_at FROM account_windows ORDER BY 1, 2");

    /// <summary>The Audit page's entries under its filter and in its order.</summary>
    public static Export Audit(ExportQuestion question)
    {
        var filter = AuditFilter.Read(question.Query, question.Range.Zone, question.Now);
        var ascending = TableState.Read(KnownTables.Audit, question.Query) is { Sort: "time", Ascending: true };
        return Export.Of("audit", db => AuditFilter.Sorted(filter.Apply(db.Audit.AsNoTracking()), ascending).Select(row => new { at = row.At, actor = row.Actor, address = row.Address, action = row.Action, subject = row.Subject, details = row.Details }));
    }
}
