using Nexus.Web.Access.BreakGlass;

namespace Nexus.Web.Access.Roles;

/// <summary>Whether the content of what is asked for may be shown, decided before the endpoint runs. Without a decision it may not.</summary>
/// <param name="Grant">What opened it, where content needs a reason.</param>
internal sealed record ContentAccess(bool Open, Grant? Grant = null)
{
    private static readonly ContentAccess Closed = new(false);

    public static ContentAccess Of(HttpContext context) => context.Features.Get<ContentAccess>() ?? Closed;
}
