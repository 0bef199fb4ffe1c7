using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Nexus.Web.Access.SignIn;
using Nexus.Web.Pages.Shared.SignIn;
using Nexus.Web.Storage;

namespace Nexus.Web.Access.Roles;

/// <summary>What somebody is told who may not: a page, a fragment for htmx, JSON for programs. Who they are and which role is needed is in each.</summary>
internal sealed class DeniedAnswers : IAuthorizationMiddlewareResultHandler
{
    private readonly AuthorizationMiddlewareResultHandler _otherwise = new();

    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult) =>
        authorizeResult.Forbidden && context.Features.Get<Denied>() is { } denied ? WriteAsync(context, denied) : _otherwise.HandleAsync(next, context, policy, authorizeResult);

    public static Task WriteAsync(HttpContext context, Denied denied)
    {
        var program = IsProgram(context);
        if (denied.Why == DeniedFor.Database)
            return (program ? DatabaseAway.Json(context) : DatabaseAway.Html(context, IsHtmx(context))).ExecuteAsync(context);
        if (program)
            return Results.Json(new { error = new { code = denied.Why == DeniedFor.Reason ? "reason_required" : "forbidden", message = denied.Message, role = denied.Who.Role.ToText(), needed = denied.Needed.ToText() } }, statusCode: StatusCodes.Status403Forbidden).ExecuteAsync(context);
        // Members have a page of their own in place of the overview.
        if (denied.Who.Role < Role.Viewer && context.Request.Path == "/dashboard" && !IsHtmx(context))
            return Results.LocalRedirect("/dashboard/mine").ExecuteAsync(context);
        if (denied.Why == DeniedFor.Reason && HttpMethods.IsGet(context.Request.Method))
            return ToReasonAsync(context);
        if (!IsHtmx(context))
            return new RazorComponentResult<DeniedPage>(new { Denied = Part(context, denied) }) { StatusCode = StatusCodes.Status403Forbidden }.ExecuteAsync(context);
        // It stands in the page where messages stand: what was there before stays as it was.
        context.Response.Headers["HX-Retarget"] = "#toast";
        context.Response.Headers["HX-Reswap"] = "outerHTML";
        return new RazorComponentResult<DeniedToast>(new { Denied = Part(context, denied) }) { StatusCode = StatusCodes.Status403Forbidden }.ExecuteAsync(context);
    }

    private static DeniedPart Part(HttpContext context, Denied denied) => DeniedPart.Of(denied, context.RequestServices.GetRequiredService<IOptions<SignInOptions>>().Value.Contact);

    private static Task ToReasonAsync(HttpContext context)
    {
        var place = "/dashboard/break-glass" + new QueryBuilder { { "returnUrl", context.Request.GetEncodedPathAndQuery() } };
        if (!IsHtmx(context))
            return Results.LocalRedirect(place).ExecuteAsync(context);
        context.Response.Headers["HX-Redirect"] = place;
        return Task.CompletedTask;
    }

    private static bool IsHtmx(HttpContext context) => context.Request.Headers.ContainsKey("HX-Request");

    /// <summary>Whether a script asks, or a stream of events: not somebody who reads a page.</summary>
    public static bool IsProgram(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/api") || context.Request.Path.StartsWithSegments("/metrics") || context.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);
}
