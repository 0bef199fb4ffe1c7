using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Operations.Audit;

namespace Nexus.Web.Access.Roles;

/// <summary>Asks for the role of the very handler that the page has chosen: which one that is cannot be told from the address alone.</summary>
internal sealed class HandlerRoles(AuditTrail trail) : IPageFilter
{
    public void OnPageHandlerSelected(PageHandlerSelectedContext context)
    {
    }

    public void OnPageHandlerExecuting(PageHandlerExecutingContext context)
    {
        if (context.HandlerMethod is not { } handler || context.HttpContext.GetEndpoint() is not { } endpoint || SignedIn.Of(context.HttpContext.User) is not { } who)
            return; // A stranger is here only where everybody may be.
        if (endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Authorization.IAllowAnonymous>() is not null)
            return;
        var method = handler.HttpMethod.ToUpperInvariant();
        var needed = RoleTable.Of(endpoint).ForHandler(method, $"{method} {handler.Name}".TrimEnd());
        if (who.Role >= needed)
            return;
        trail.NoteDenied(context.HttpContext, who.Name, needed.ToText());
        context.Result = new DeniedResult(new(DeniedFor.Role, who, needed));
    }

    public void OnPageHandlerExecuted(PageHandlerExecutedContext context)
    {
    }
}

/// <summary>The answer of a page handler to who may not.</summary>
internal sealed class DeniedResult(Denied denied) : ActionResult
{
    public override Task ExecuteResultAsync(ActionContext context) => DeniedAnswers.WriteAsync(context.HttpContext, denied);
}
