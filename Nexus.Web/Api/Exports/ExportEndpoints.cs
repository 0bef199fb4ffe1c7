using Nexus.Web.Pages;
using Nexus.Web.Pages.Tables;
using Nexus.Web.Usage.Reports;

namespace Nexus.Web.Api.Exports;

/// <summary><c>/api/export/{what}?format=csv|jsonl</c>: every table and chart of the dashboard as a file, of any length.</summary>
internal static class ExportEndpoints
{
    /// <summary>The tables, by name in the URL.</summary>
    private static readonly Dictionary<string, Func<ExportQuestion, Export>> Tables = new()
    {
        ["usage"] = UsageExports.Series,
        ["usage-totals"] = UsageExports.Totals,
        ["tools"] = UsageExports.Tools,
        ["requests"] = LedgerExports.Requests,
        ["cache-misses"] = LedgerExports.CacheMisses,
        ["attempts"] = LedgerExports.Attempts,
        ["account-windows"] = LedgerExports.AccountWindows,
        ["audit"] = LedgerExports.Audit,
        ["budgets"] = BudgetExports.Budgets,
        ["budget-history"] = BudgetExports.History,
        ["prices"] = BudgetExports.Prices,
        ["keys"] = ListExports.Keys,
        ["domains"] = ListExports.Domains,
        ["job-runs"] = ListExports.JobRuns,
    };

    public static void MapExports(this IEndpointRouteBuilder api)
    {
        api.MapGet("/export/{what}", Tabled);
        // What conversations are called is content: who may read it is decided by an address of its own.
        api.MapGet("/export/conversations", Conversations);
    }

    private static IResult Tabled(string what, HttpContext context, TimeProvider time)
    {
        var parameters = new Parameters(context.Request.Query);
        var format = parameters.Choice("format", "csv", "csv", "jsonl");
        if (!Tables.TryGetValue(what, out var table))
            return Results.Json(new { error = $"There is no export '{what}'", details = Tables.Keys.Append("conversations").Select(name => $"/api/export/{name}") }, statusCode: 404);
        // The requests page has ranges and problems of its own.
        var question = ExportQuestion.Read(parameters, context.Request.Query, ViewerZone.Of(context), time.GetUtcNow());
        foreach (var problem in what == "requests" ? RequestFilter.Read(question.Query, question.Range.Zone, question.Now).Problems : question.Range.Problem is { } wrong ? [wrong] : [])
            parameters.Wrong(problem);
        if (what == "tools" && ToolShares.Untold(question.Filters) is { Count: > 0 } untold)
            parameters.Wrong($"Calls by tool are not counted by {string.Join(" or ", untold.Select(dimension => dimension.Name))}");
        return Answer(parameters, () => table(question), format);
    }

    private static IResult Conversations(HttpContext context, TimeProvider time)
    {
        var parameters = new Parameters(context.Request.Query);
        var format = parameters.Choice("format", "csv", "csv", "jsonl");
        var asked = ConversationQuestion.Read(context.Request.Query, ViewerZone.Of(context), time.GetUtcNow());
        if (asked.Range.Problem is { } problem)
            parameters.Wrong(problem);
        return Answer(parameters, () => ListExports.Conversations(asked, TableState.Read(KnownTables.Conversations, context.Request.Query)), format);
    }

    private static IResult Answer(Parameters parameters, Func<Export> export, string format) =>
        parameters.Problem ?? new ExportResult(export(), format == "csv" ? ExportFormat.Csv : ExportFormat.Jsonl);
}
