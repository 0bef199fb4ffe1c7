using System.Text;
using Npgsql;

namespace Nexus.Web.Storage;

/// <summary>What callers are told when the database cannot be used: 503 with the way on, never an authentication error and never a stack trace.</summary>
internal static class DatabaseAway
{
    private const string Message = "The database is not available. Requests are still proxied and kept; try again when /health says connected.";
    private const string Slow = "The database is there and did not answer in time: it has much to do, or this asks for a lot. Ask for a shorter time range or fewer rows, or try again later.";

    /// <summary>Whether an error is the database's at all: what goes on by itself tries again later, whatever it was.</summary>
    public static bool IsDatabase(Exception error) => error is NpgsqlException or TimeoutException || (error.InnerException is { } inner && IsDatabase(inner));

    /// <summary>
    /// Whether an error says that the server is away. One that answers and refuses is there: it could not use a value (class 22), a row
    /// stands against another (23), the statement was wrong (42; before its schema is there that is no fault of the statement) or took too long (57014).
    /// </summary>
    public static bool IsAway(Exception error, DatabaseState state) => error switch
    {
        PostgresException { SqlState: var code } => !(code.StartsWith("22", StringComparison.Ordinal) || code.StartsWith("23", StringComparison.Ordinal) || code == PostgresErrorCodes.QueryCanceled
            || (code.StartsWith("42", StringComparison.Ordinal) && state.Condition == DatabaseCondition.Ready)),
        NpgsqlException or TimeoutException => true,
        _ => error.InnerException is { } inner && IsAway(inner, state),
    };

    /// <summary>
    /// Whether an error says that time was over: the server stopped the statement (57014), or nothing came within the time for it, for a connection or for
    /// a place in the pool. Of the latter only another question tells whether the server is away: <see cref="Database.WasTooSlowAsync"/>.
    /// </summary>
    public static bool IsTimeOut(Exception error) => error switch
    {
        PostgresException { SqlState: var code } => code == PostgresErrorCodes.QueryCanceled,
        TimeoutException => true,
        _ => error.InnerException is { } inner && IsTimeOut(inner),
    };

    /// <summary>Whether a row is itself why it was not written, and would fail again: what it holds is refused, or cannot even be sent.</summary>
    public static bool IsOfRow(Exception error)
    {
        var sent = false;
        for (var at = error; at is not null; at = at.InnerException)
            switch (at)
            {
                case PostgresException { SqlState: var code }:
                    return code.StartsWith("22", StringComparison.Ordinal) || code.StartsWith("23", StringComparison.Ordinal);
                case EncoderFallbackException:
                    return true;
                case OperationCanceledException or ObjectDisposedException or TimeoutException or IOException:
                    return false;
                case NpgsqlException:
                    sent = true;
                    break;
            }

        return !sent;
    }

    /// <summary>What a value is that no row can have, such as a text with a NUL, in words for who sent it; null when the error is another.</summary>
    public static string? Unusable(Exception error) => error switch
    {
        PostgresException { SqlState: var code } refused => code.StartsWith("22", StringComparison.Ordinal) ? $"A value of this request is none that the database can hold ({code}: {refused.MessageText})." : null,
        _ => error.InnerException is { } inner ? Unusable(inner) : null,
    };

    /// <summary>For scripts.</summary>
    public static IResult Json(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "5";
        return Results.Json(new { error = new { code = "service_unavailable", message = Message } }, statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>The same where it is there, and was too slow.</summary>
    public static IResult SlowJson(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "30";
        return Results.Json(new { error = new { code = "database_slow", message = Slow } }, statusCode: StatusCodes.Status503ServiceUnavailable);
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
