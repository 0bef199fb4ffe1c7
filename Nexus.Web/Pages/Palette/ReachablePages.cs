using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.AspNetCore.WebUtilities;
using Nexus.Web.Access.BreakGlass;
using Nexus.Web.Access.Roles;

namespace Nexus.Web.Pages.Palette;

/// <summary>Whether somebody may open an address, by the policies of the endpoint behind it: what is offered is what would be granted.</summary>
internal sealed class ReachablePages(EndpointDataSource endpoints, IAuthorizationPolicyProvider policies, IAuthorizationService authorization, Grants grants)
{
    private readonly Lazy<List<(TemplateMatcher Matcher, RouteEndpoint Endpoint)>> _pages = new(() =>
    [
        .. endpoints.Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText?.TrimStart('/').StartsWith("dashboard", StringComparison.Ordinal) == true && !endpoint.RoutePattern.Parameters.Any(parameter => parameter.IsCatchAll))
            .OrderBy(endpoint => endpoint.RoutePattern.Parameters.Count)
            .Select(endpoint => (new TemplateMatcher(TemplateParser.Parse(endpoint.RoutePattern.RawText!.TrimStart('/')), new()), endpoint)),
    ]);

    /// <param name="address">A path of the dashboard; a query or a fragment behind it is left out.</param>
    public async Task<bool> AllowsAsync(ClaimsPrincipal user, string address)
    {
        var path = address.Split('?', '#')[0];
        var endpoint = _pages.Value.FirstOrDefault(page => page.Matcher.TryMatch(path, new())).Endpoint;
        if (endpoint is null)
            return false;
        if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            return true;
        var policy = await AuthorizationPolicy.CombineAsync(policies, endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>(), endpoint.Metadata.GetOrderedMetadata<AuthorizationPolicy>());
        return policy is not null && (await authorization.AuthorizeAsync(user, endpoint, policy)).Succeeded && Offers(SignedIn.Of(user), RoleTable.Of(endpoint), address);
    }

    /// <summary>An address with a handler is one to send; what a conversation is called is content.</summary>
    private bool Offers(SignedIn? who, RoleRule rule, string address)
    {
        if (who is null || (rule.Content == ContentOf.Conversation && grants.AreNeeded && grants.Of(who) is null))
            return false;
        return QueryHelpers.ParseQuery(address.Contains('?', StringComparison.Ordinal) ? address[address.IndexOf('?', StringComparison.Ordinal)..] : "").TryGetValue("handler", out var handler)
            ? rule.ForHandler("POST", "POST " + handler) <= who.Role : true;
    }
}
