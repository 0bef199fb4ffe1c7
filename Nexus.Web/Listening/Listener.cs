namespace Nexus.Web.Listening;

/// <summary>One of the two ports. Decided by the socket a request came in on, never by its <c>Host</c> header.</summary>
internal enum Listener
{
    Proxy,
    Dashboard,
}

/// <summary>Set on each connection by its listener, and found through the features of every request on it.</summary>
internal sealed record ListenerFeature(Listener Listener);

/// <summary>Endpoint metadata: the endpoint is served by this listener alone. Endpoints without it are served by both.</summary>
internal sealed record ServedOn(Listener Listener);

internal static class ListenerExtensions
{
    public static Listener Listener(this HttpContext context) =>
        context.Features.Get<ListenerFeature>()?.Listener
        ?? throw new InvalidOperationException("The connection carries no listener: every Kestrel endpoint must be added by ListeningFeature.");

    public static TBuilder On<TBuilder>(this TBuilder endpoints, Listener listener)
        where TBuilder : IEndpointConventionBuilder => endpoints.WithMetadata(new ServedOn(listener));
}
