using Microsoft.AspNetCore.Http.HttpResults;
using Nexus.Web.Pages.Shared.Offline;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Offline;

/// <summary>What a page answers that needs the database, while that is away and nothing is kept of the page: 503, and what still works.</summary>
internal static class AwayAnswers
{
    public static IResult Of(HttpContext context, Database database, StoredViews views, TimeProvider time)
    {
        context.Response.Headers.RetryAfter = "5";
        var since = database.State.AwaySince(time.GetUtcNow());
        context.Response.Headers[StoredViewFilter.AwayHeader] = since.ToString("O");
        // A form that was sent is not sent again by a link.
        var again = HttpMethods.IsGet(context.Request.Method) ? context.Request.Path + context.Request.QueryString : null;
        return context.Request.Headers.ContainsKey("HX-Request")
            ? new RazorComponentResult<AwayNotice>(new Dictionary<string, object?> { ["Since"] = since, ["AsOf"] = views.WholeSeenAt(context), ["Again"] = again }) { StatusCode = StatusCodes.Status503ServiceUnavailable }
            : new RazorComponentResult<AwayPage>(new Dictionary<string, object?> { ["Since"] = since, ["Again"] = again, ["SignedIn"] = context.User.Identity?.IsAuthenticated == true, ["Theme"] = Theme.Of(context.Request) }) { StatusCode = StatusCodes.Status503ServiceUnavailable };
    }
}
