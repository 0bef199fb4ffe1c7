using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Nexus.Web.Access.BreakGlass;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Operations.Jobs;
using Nexus.Web.Storage;

namespace Nexus.Web.Access.Roles;

/// <summary>What <see cref="RoleTable"/> says of the endpoint.</summary>
internal sealed class RoleRequirement : IAuthorizationRequirement;

internal sealed class RoleHandler(ContentGate gate, IAntiforgery antiforgery, AuditTrail trail) : AuthorizationHandler<RoleRequirement>
{
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, RoleRequirement requirement)
    {
        if (SignedIn.Of(context.User) is not { } who)
            return;
        // Whether a link is offered.
        if (context.Resource is RouteEndpoint link && RoleTable.Of(link).Read <= who.Role)
            context.Succeed(requirement);
        if (context.Resource is not HttpContext http)
            return;
        if (await DenyAsync(http, who) is { } denied)
        {
            http.Features.Set(denied);
            if (denied.Why == DeniedFor.Role)
                trail.NoteDenied(http, who.Name, denied.Needed.ToText());
            return;
        }

        context.Succeed(requirement);
    }

    private async Task<Denied?> DenyAsync(HttpContext http, SignedIn who)
    {
        if (who.SessionId is not null && MayBeForged(http) && !await antiforgery.IsRequestValidAsync(http))
            return new(DeniedFor.Forgery, who, who.Role);
        var rule = RoleTable.Of(http.GetEndpoint());
        if (rule.Content == ContentOf.None)
            return RoleTable.Needed(http) is var needed && who.Role < needed ? new(DeniedFor.Role, who, needed) : null;
        try
        {
            return await gate.OpenAsync(http, who, rule);
        }
        catch (Exception error) when (DatabaseAway.IsDatabase(error))
        {
            return new(DeniedFor.Database, who, rule.Read);
        }
    }

    /// <summary>A change that the browser sends the session's cookie with. Pages and Hangfire's console look themselves.</summary>
    private static bool MayBeForged(HttpContext http) =>
        !(HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method) || HttpMethods.IsOptions(http.Request.Method))
        && http.GetEndpoint()?.Metadata.GetMetadata<PageActionDescriptor>() is null && !http.Request.Path.StartsWithSegments(JobsConsole.Path);
}
