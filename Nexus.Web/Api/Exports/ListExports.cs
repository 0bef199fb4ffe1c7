using Nexus.Web.Access.Keys;
using Nexus.Web.Conversations;
using Nexus.Web.Pages;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Api.Exports;

/// <summary>What the dashboard lists beside the ledger, under the filter and in the order of its page.</summary>
internal static class ListExports
{
    /// <summary>The conversations page's rows; several people, keys, accounts or models of one are in one cell, with commas between.</summary>
    public static Export Conversations(ConversationQuestion asked, TableState order) => Export.Of("conversations", db =>
    {
        var rows = asked.Filter.Apply(db);
        var lines = (asked.Single ? rows : SortedConversations.Ordered(rows, order.Sort, order.Ascending)).Select(row => new
        {
            id = row.Id,
            domain = row.Domain,
            title = row.Title ?? "",
            started_at = row.StartedAt,
            last_at = row.LastAt,
            owners = string.Join(", ", row.Owners),
            key_ids = string.Join(", ", row.KeyIds),
            accounts = string.Join(", ", row.Accounts),
            models = string.Join(", ", row.Models),
            requests = row.Requests,
            turns = row.Turns,
            tool_calls = row.ToolCalls,
            errors = row.Errors,
            subagents = row.Subagents,
            compactions = row.Compactions,
            forks = row.Forks,
            input_tokens = row.InputTokens,
            output_tokens = row.OutputTokens,
            cache_creation_5m_tokens = row.CacheCreation5mTokens,
            cache_creation_1h_tokens = row.CacheCreation1hTokens,
            cache_read_tokens = row.CacheReadTokens,
            cost_micros = row.CostMicros,
            context_tokens = row.ContextTokens,
            duration_ms = row.DurationMs,
        });
        if (!asked.Single)
            return lines;
        return lines.Concat(asked.Filter.ApplyToSingles(db).Select(row => new
        {
            id = row.Id,
            domain = row.Domain,
            title = "",
            started_at = row.StartedAt,
            last_at = row.StartedAt,
            owners = row.Owner ?? "",
            key_ids = row.KeyId ?? "",
            accounts = row.AccountId ?? "",
            models = row.ModelServed ?? row.ModelRequested ?? "",
            requests = 1,
            turns = 1,
            tool_calls = row.ToolCalls,
            errors = Capture.Outcomes.Failed.Contains(row.Outcome) ? 1 : 0,
            subagents = 0,
            compactions = 0,
            forks = 0,
            input_tokens = row.InputTokens,
            output_tokens = row.OutputTokens,
            cache_creation_5m_tokens = row.CacheCreation5mTokens,
            cache_creation_1h_tokens = row.CacheCreation1hTokens,
            cache_read_tokens = row.CacheReadTokens,
            cost_micros = row.CostMicros ?? 0L,
            context_tokens = row.InputTokens + row.CacheCreation5mTokens + row.CacheCreation1hTokens + row.CacheReadTokens,
            duration_ms = (long)row.DurationMs,
        })).OrderByDescending(line => line.last_at).ThenByDescending(line => line.id);
    });

    /// <summary>The keys page's rows: neither a key nor its hash.</summary>
    public static Export Keys(ExportQuestion question) => Export.OfList<KeyLine>("keys", async context =>
    {
        var all = await KeyLine.ListAsync(context.RequestServices.GetRequiredService<ClientKeys>(), question.Now, context.RequestAborted);
        var order = TableState.Read(KnownTables.Keys, question.Query);
        return KeyTable.Read(all, question.Query).Ordered(order.Sort, order.Ascending);
    },
    [
        ("id", key => key.Id), ("name", key => key.Name), ("owner", key => key.Owner), ("domain", key => key.Domain), ("hint", key => key.Hint), ("state", key => key.State),
        ("allowed_models", key => key.AllowedModels.ToArray()), ("capture", key => key.Capture), ("capture_reason", key => key.CaptureReason), ("created_at", key => key.CreatedAt), ("created_by", key => key.CreatedBy),
        ("last_used_at", key => key.LastUsedAt), ("expires_at", key => key.ExpiresAt), ("revoked_at", key => key.RevokedAt), ("revoked_by", key => key.RevokedBy), ("rotated_from", key => key.RotatedFrom),
    ]);

    /// <summary>The domains page's rows.</summary>
    public static Export Domains(ExportQuestion question) => Export.OfList<DomainPart>("domains", async context => await context.RequestServices.GetRequiredService<DomainParts>().ListAsync(context.RequestAborted),
    [
        ("domain", part => part.Domain), ("requests_30d", part => part.Requests), ("last_request_at", part => part.LastRequestAt), ("payer", part => part.Credential), ("working_keys", part => part.Keys),
        ("capture", part => part.Level), ("capture_reason", part => part.Reason), ("capture_set_by", part => part.SetBy), ("capture_set_at", part => part.SetAt),
    ]);

    /// <summary>Runs of all jobs or of <c>job</c>, of all that are kept or of a range, without their logs.</summary>
    public static Export JobRuns(ExportQuestion question) => Export.Of("job-runs", """
        SELECT started_at, finished_at, job, outcome, node, by_hand, summary, error FROM job_runs
        WHERE ($1 = '' OR job = $1) AND ($2 OR (started_at >= $3 AND started_at < $4)) ORDER BY started_at DESC, id DESC
        """,
        new() { Value = question.Query["job"].ToString() }, new() { Value = question.Query["range"].ToString().Length == 0 }, Export.Time(question.Range.From), Export.Time(question.Range.To));
}
