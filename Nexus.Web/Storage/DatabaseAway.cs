using Npgsql;

namespace Nexus.Web.Storage;

/// <summary>What callers are told when the database cannot be used: 503 with the way on, never an authentication error and never a stack trace.</summary>
internal static class DatabaseAway
{
    private const string Message = "The database is not available. Requests are still proxied and kept; try again when /health says connected.";

    /// <summary>Whether an error says that the server is away or not migrated yet.</summary>
    public static bool IsDatabase(Exception error) => error is NpgsqlException or TimeoutException || (error.InnerException is { } inner && IsDatabase(inner));

    /// <summary>For scripts.</summary>
    public static IResult Json(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "5";
        return Results.Json(new { error = new { code = "service_unavailable", message = Message } }, statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>For people: a page, or for htmx the notice alone.</summary>
    public static IResult Html(HttpContext context, bool fragment)
    {
        context.Response.Headers.RetryAfter = "5";
        const string Notice = """<div class="notice bad" role="alert"><strong>The database is away.</strong> Requests are still proxied, and what passes is kept in the journal until it is back. Look at <a href="/health">/health</a>, then load this page again.</div>""";
        return Results.Content(
            fragment ? Notice : $"""<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Database away · Nexus</title><link rel="stylesheet" href="/css/tokens.css"><link rel="stylesheet" href="/css/app.css"></head><body><main><h1>Nexus</h1>{Notice}</main></body></html>""",
            "text/html; charset=utf-8", statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}
