using Nexus.Web.Pages;

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
    };

    public static void MapExports(this IEndpointRouteBuilder api) => api.MapGet("/export/{what}", (string what, HttpContext context, TimeProvider time) =>
    {
        var parameters = new Parameters(context.Request.Query);
        var format = parameters.Choice("format", "csv", "csv", "jsonl");
        if (!Tables.TryGetValue(what, out var table))
            return Results.Json(new { error = $"There is no export '{what}'", details = Tables.Keys.Select(name => $"/api/export/{name}") }, statusCode: 404);
        // The requests page has ranges and problems of its own.
        var question = ExportQuestion.Read(parameters, context.Request.Query, ViewerZone.Of(context), time.GetUtcNow());
        foreach (var problem in what == "requests" ? RequestFilter.Read(question.Query, question.Range.Zone, question.Now).Problems : question.Range.Problem is { } wrong ? [wrong] : [])
            parameters.Wrong(problem);
        return parameters.Problem ?? new ExportResult(table(question), format == "csv" ? ExportFormat.Csv : ExportFormat.Jsonl);
    });
}
