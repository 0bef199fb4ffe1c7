using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Nexus.Web.Access.Roles;
using Nexus.Web.Pages.Offline;
using Nexus.Web.Pages.Shared.Errors;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Errors;

/// <summary>
/// Gives answers of the dashboard's port words where they have none: a page for who loads one, a line for htmx, which stands in the page
/// as a message, JSON for programs. What went wrong inside is in the log alone.
/// </summary>
internal sealed partial class ErrorPages(Database database, StoredViews views, TimeProvider time, ILogger<ErrorPages> logger)
{
    /// <summary>On the answer to an htmx form: loading the page again is what helps.</summary>
    private const string LoadAgainHeader = "X-Nexus-Load-Again";

    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (Exception error) when (DatabaseAway.Unusable(error) is { } problem && !context.Response.HasStarted)
        {
            Clear(context.Response);
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await WriteAsync(context, problem);
        }
        catch (Exception error) when ((DatabaseAway.IsAway(error, database.State) || DatabaseAway.IsTimeOut(error)) && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            var slow = await database.WasTooSlowAsync(error, context.RequestAborted);
            Clear(context.Response);
            await (slow ? AwayAnswers.TooSlow(context) : AwayAnswers.Of(context, database, views, time)).ExecuteAsync(context);
        }
        catch (Exception error) when (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            Clear(context.Response);
            context.Response.StatusCode = error is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError;
            if (context.Response.StatusCode >= 500)
                Log.Failed(logger, error, context.Request.Method, context.Request.Path.Value, context.TraceIdentifier);
            await WriteAsync(context);
        }

        if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null } response && string.IsNullOrEmpty(response.ContentType))
            await WriteAsync(context);
    }

    /// <summary>But for the cookies: what was renewed on the way stays so, and the tokens in the page's forms belong to one.</summary>
    private static void Clear(HttpResponse response)
    {
        var cookies = response.Headers.SetCookie;
        response.Clear();
        response.Headers.SetCookie = cookies;
    }

    private static async Task WriteAsync(HttpContext context, string? why = null)
    {
        var (request, status) = (context.Request, context.Response.StatusCode);
        var part = ErrorWords.Of(context, status, why);
        if (request.Path.StartsWithSegments("/api"))
            await Results.Json(new { error = new { code = status >= 500 ? "internal_error" : "invalid_request", message = part.Line } }, statusCode: status).ExecuteAsync(context);
        else if (DeniedAnswers.IsProgram(context))
            return; // A stream of events: its status says what there is to say.
        else if (request.Headers.ContainsKey("HX-Request"))
            await LineAsync(context, part);
        else if (request.Path.StartsWithSegments("/dashboard") || request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
            await PageAsync(context, part);
    }

    private static Task LineAsync(HttpContext context, ErrorPart part)
    {
        if (StaleForms.IsMarked(context))
            context.Response.Headers[LoadAgainHeader] = "true";
        return Results.Text(part.Line, statusCode: part.Status).ExecuteAsync(context);
    }

    private static Task PageAsync(HttpContext context, ErrorPart part) => new ViewResult
    {
        StatusCode = part.Status,
        ViewName = "/Pages/Shared/ErrorPage.cshtml",
        ViewData = new ViewDataDictionary<ErrorPart>(context.RequestServices.GetRequiredService<IModelMetadataProvider>(), new()) { Model = part },
    }.ExecuteResultAsync(new(context, context.GetRouteData(), new ActionDescriptor()));

    private static partial class Log
    {
        [LoggerMessage(EventName = "page_failed", Level = LogLevel.Error, Message = "A page failed: who asked was shown this id")]
        public static partial void Failed(ILogger logger, Exception error, string method, string? path, string id);
    }
}
