namespace Nexus.Web.Access.Roles;

/// <summary>Whose content an address shows.</summary>
internal enum ContentOf
{
    None,

    /// <summary>Of the request that the route's <c>id</c> names.</summary>
    Request,

    /// <summary>Of the conversation that the route's <c>id</c> or <c>conversationId</c> names.</summary>
    Conversation,

    /// <summary>Of the requests that the query's <c>left</c> and <c>right</c> name.</summary>
    Pair,

    /// <summary>Of everybody.</summary>
    Everybody,
}

/// <summary>Who may use an address.</summary>
/// <param name="Route">As it is mapped, without slashes at its ends.</param>
/// <param name="Read">For GET and HEAD.</param>
/// <param name="Change">For every other method; null where there is none.</param>
internal sealed record RoleRule(string Route, Role Read, Role? Change = null)
{
    /// <summary>Page handlers that need another role than the rest of their page: <c>GET Download</c>.</summary>
    public IReadOnlyDictionary<string, Role> Handlers { get; init; } = new Dictionary<string, Role>();

    /// <summary>Content is for analysts, and for whom it belongs to, whatever role those have.</summary>
    public ContentOf Content { get; init; }

    /// <summary>From this role on the address is shown without the content that is not one's own.</summary>
    public Role? WithoutContent { get; init; }

    public Role For(string method) => IsRead(method) ? Read : Change ?? Role.Administrator;

    /// <summary>Where there is content, <see cref="BreakGlass.ContentGate"/> has decided about reading it: what is one's own asks for no role.</summary>
    /// <param name="handler">Its method and name, such as <c>POST Create</c>.</param>
    public Role ForHandler(string method, string handler) =>
        Handlers.TryGetValue(handler, out var role) ? role : Content != ContentOf.None && IsRead(method) ? Role.Member : For(method);

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
}
