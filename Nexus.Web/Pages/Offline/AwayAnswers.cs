using Microsoft.AspNetCore.Http.HttpResults;
using Nexus.Web.Pages.Shared.Offline;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Offline;

/// <summary>What a page answers that needs the database: 503, with what still works while that is away and nothing is kept of the page, or with what helps where it was too slow.</summary>
internal static class AwayAnswers
{
    public static IResult Of(HttpContext context, Database database, StoredViews views, TimeProvider time)
    {
        context.Response.Headers.RetryAfter = "5";
        var since = database.State.AwaySince(time.GetUtcNow());
        context.Response.Headers[StoredViewFilter.AwayHeader] = since.ToString("O");
        var again = Again(context.Request);
        return context.Request.Headers.ContainsKey("HX-Request")
            ? new RazorComponentResult<AwayNotice>(new Dictionary<string, object?> { ["Since"] = since, ["AsOf"] = views.WholeSeenAt(context), ["Again"] = again }) { StatusCode = StatusCodes.Status503ServiceUnavailable }
            : Page(context, since, again);
    }

    public static IResult TooSlow(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "30";
        var again = Again(context.Request);
        return context.Request.Headers.ContainsKey("HX-Request")
            ? new RazorComponentResult<SlowNotice>(new Dictionary<string, object?> { ["Again"] = again }) { StatusCode = StatusCodes.Status503ServiceUnavailable }
            : Page(context, null, again);
    }

    private static RazorComponentResult<AwayPage> Page(HttpContext context, DateTimeOffset? since, string? again) =>
        new(new Dictionary<string, object?> { ["Since"] = since, ["Again"] = again, ["SignedIn"] = context.User.Identity?.IsAuthenticated == true, ["Theme"] = Theme.Of(context.Request) }) { StatusCode = StatusCodes.Status503ServiceUnavailable };

    /// <summary>A form that was sent is not sent again by a link.</summary>
    private static string? Again(HttpRequest request) => HttpMethods.IsGet(request.Method) ? request.Path + request.QueryString : null;
}
