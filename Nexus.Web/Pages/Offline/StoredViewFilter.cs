using System.Text;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Nexus.Web.Pages.Live;
using Nexus.Web.Pages.Shared.Offline;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages.Offline;

/// <summary>
/// Keeps good answers, and gives them out again while the database is away, with a notice of since when and of when they are. It runs
/// after authorization, so that a view is looked up for who has just been let in.
/// </summary>
internal sealed class StoredViewFilter(StoredViews views, Database database, FragmentRenderer renderer, TimeProvider time) : IAsyncResourceFilter
{
    /// <summary>On every answer while the database is away; the script then leaves the notice where it is.</summary>
    public const string AwayHeader = "X-Nexus-Database-Away";

    /// <summary>The notice's place in the layout, while it is empty.</summary>
    private static readonly byte[] Place = "<div id=\"away\"></div>"u8.ToArray();

    public async Task OnResourceExecutionAsync(ResourceExecutingContext context, ResourceExecutionDelegate next)
    {
        var http = context.HttpContext;
        if (!StoredViews.Keeps(http.Request))
        {
            await next();
            return;
        }

        var key = StoredViews.KeyOf(http);
        // Without waiting for a connection: a server that is silent costs seconds.
        if (database.State.Condition == DatabaseCondition.Away && views.Find(key) is { } known)
            context.Result = await ShowAsync(http, known);
        else
            await KeepAsync(http, key, next);
    }

    private async Task KeepAsync(HttpContext http, string key, ResourceExecutionDelegate next)
    {
        var body = http.Response.Body;
        using var answer = new MemoryStream();
        http.Response.Body = answer;
        ResourceExecutedContext executed;
        try
        {
            executed = await next();
        }
        finally
        {
            http.Response.Body = body;
        }

        if (executed is { Exception: { } error, ExceptionHandled: false })
        {
            if (!DatabaseAway.IsAway(error, database.State) || views.Find(key) is not { } last || await database.WasTooSlowAsync(error, http.RequestAborted))
                return;
            executed.ExceptionHandled = true;
            http.Response.Headers[AwayHeader] = Since().ToString("O");
            await (await ShowAsync(http, last)).ExecuteResultAsync(executed);
            return;
        }

        if (http.Response.StatusCode == StatusCodes.Status200OK && http.Response.ContentType?.StartsWith("text/html", StringComparison.Ordinal) == true && database.State.Condition == DatabaseCondition.Ready)
            views.Keep(key, answer.ToArray());
        answer.Position = 0;
        await answer.CopyToAsync(body, http.RequestAborted);
    }

    private async Task<ContentResult> ShowAsync(HttpContext http, StoredView view)
    {
        var notice = await renderer.RenderAsync(Fragment.Of<AwayNotice>(("Since", Since()), ("AsOf", view.At), ("Again", http.Request.Path + http.Request.QueryString)));
        var html = view.Html.AsSpan();
        var place = html.IndexOf(Place);
        var text = place < 0 || http.Request.Headers.ContainsKey("HX-Request")
            ? $"<div id=\"away\" hx-swap-oob=\"true\">{notice}</div>{Encoding.UTF8.GetString(html)}"
            : $"{Encoding.UTF8.GetString(html[..place])}<div id=\"away\">{notice}</div>{Encoding.UTF8.GetString(html[(place + Place.Length)..])}";
        return new() { Content = text, ContentType = "text/html; charset=utf-8", StatusCode = StatusCodes.Status200OK };
    }

    private DateTimeOffset Since() => database.State.AwaySince(time.GetUtcNow());
}
