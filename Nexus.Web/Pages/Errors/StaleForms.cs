using Microsoft.AspNetCore.Mvc.Core.Infrastructure;
using Microsoft.AspNetCore.Mvc.Filters;

namespace Nexus.Web.Pages.Errors;

/// <summary>Marks the answer to a form whose token is not one of who sends it: it was open for too long, or somebody else has signed in since.</summary>
internal sealed class StaleForms : IAlwaysRunResultFilter
{
    private static readonly Mark Marked = new();

    public static bool IsMarked(HttpContext context) => context.Features.Get<Mark>() is not null;

    public void OnResultExecuting(ResultExecutingContext context)
    {
        if (context.Result is IAntiforgeryValidationFailedResult)
            context.HttpContext.Features.Set(Marked);
    }

    public void OnResultExecuted(ResultExecutedContext context)
    {
    }

    private sealed class Mark;
}
