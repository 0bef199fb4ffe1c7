using Microsoft.AspNetCore.Routing.Matching;

namespace Nexus.Web.Listening;

/// <summary>Removes the endpoints of the other listener from the candidates, as <c>HostMatcherPolicy</c> does for host names.</summary>
internal sealed class ListenerMatcherPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => -1000;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(endpoint => endpoint.Metadata.GetMetadata<ServedOn>() is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var listener = httpContext.Listener();
        for (var i = 0; i < candidates.Count; i++)
            if (candidates.IsValidCandidate(i) && candidates[i].Endpoint.Metadata.GetMetadata<ServedOn>() is { } served && served.Listener != listener)
                candidates.SetValidity(i, false);
        return Task.CompletedTask;
    }
}
