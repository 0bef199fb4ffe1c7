using Microsoft.AspNetCore.Http.Extensions;
using Nexus.Web.Access.Roles;
using Nexus.Web.Pages.Shared.Errors;

namespace Nexus.Web.Pages.Errors;

/// <summary>What an answer without a page says: what failed, why, and what to do next.</summary>
internal static class ErrorWords
{
    private static readonly Dictionary<string, (string Title, string Href)> Lists = new(StringComparer.OrdinalIgnoreCase)
    {
        ["request"] = ("Requests", "/dashboard/requests"),
        ["conversation"] = ("Conversations", "/dashboard/conversations"),
        ["compare"] = ("Requests", "/dashboard/requests"),
        ["report"] = ("Reports", "/dashboard/reports"),
        ["key"] = ("Keys", "/dashboard/keys"),
        ["budget"] = ("Budgets", "/dashboard/budgets"),
        ["job"] = ("Jobs", "/dashboard/jobs"),
        ["backups"] = ("Backups", "/dashboard/backups"),
        ["restore"] = ("Backups", "/dashboard/backups"),
    };

    /// <param name="why">Where it is known in words.</param>
    public static ErrorPart Of(HttpContext context, int status, string? why = null)
    {
        var reads = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        var part = status switch
        {
            StatusCodes.Status404NotFound when ListOf(context) is { } list => new ErrorPart(status, "Nothing is here any more", "What was at this address has been removed, as everything is when its time is over, or the address is mistyped.", $"Look for it under {list.Title}.") { List = list },
            StatusCodes.Status404NotFound => new(status, "Nothing is here", "Nexus has no page at this address: it may be mistyped, or from another version.", "Go on from a page that is there."),
            StatusCodes.Status400BadRequest when StaleForms.IsMarked(context) => new(status, "This form is too old", "This form was open too long, or you signed in anew. Nothing was changed.", "Load the page again, then send the form once more."),
            StatusCodes.Status400BadRequest => new(status, "This could not be understood", why ?? "Something in the address or the form is not what this page takes.", "Change it, or begin with the page as it is without it."),
            StatusCodes.Status403Forbidden => new(status, "Not allowed", "You may not do this here.", "Ask who runs this gateway."),
            >= 500 => new(status, "Something failed in Nexus", "An error came up that Nexus does not know how to handle. Its log has the reason under the request id.", Next(reads)) { RequestId = context.TraceIdentifier },
            _ => new(status, "This was not answered", $"The gateway answered {status}: this address does not take what was sent to it.", "Go on from a page that is there."),
        };
        return part with { Again = status is StatusCodes.Status403Forbidden or StatusCodes.Status405MethodNotAllowed ? null : Again(context.Request, reads), Home = HomeOf(context) };
    }

    private static string Next(bool reads) => reads
        ? "Load the page again. If that fails too, tell who runs this gateway, with the id."
        : "It is not certain whether what you sent was done: load the page again and look before you send it once more.";

    private static (string Title, string Href)? ListOf(HttpContext context)
    {
        var parts = context.Request.Path.Value?.Split('/', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return parts is ["dashboard", var kind, ..] && Lists.TryGetValue(kind, out var list) && (SignedIn.Of(context.User) is not { } who || RoleTable.Shows(who.Role, list.Href)) ? list : null;
    }

    /// <summary>Of a form its page: without the handler that it was sent to, which takes no link.</summary>
    private static string Again(HttpRequest request, bool reads)
    {
        if (reads)
            return request.Path + request.QueryString;
        if (Uri.TryCreate(request.Headers["HX-Current-URL"], UriKind.Absolute, out var page))
            return page.PathAndQuery;
        return request.Path + new QueryBuilder(request.Query.Where(pair => !string.Equals(pair.Key, "handler", StringComparison.OrdinalIgnoreCase)).SelectMany(pair => pair.Value, (pair, value) => KeyValuePair.Create(pair.Key, value ?? ""))).ToString();
    }

    private static (string Title, string Href) HomeOf(HttpContext context) => SignedIn.Of(context.User) switch
    {
        null => ("Sign in", Access.SignIn.SessionCookie.LoginPath),
        { Role: < Role.Viewer } => ("Mine", "/dashboard/mine"),
        _ => ("Overview", "/dashboard"),
    };
}
