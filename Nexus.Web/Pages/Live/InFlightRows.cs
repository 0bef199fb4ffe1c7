using Nexus.Web.Pages.Shared;
using Nexus.Web.Proxy;

namespace Nexus.Web.Pages.Live;

/// <summary>What a page shows of the requests in flight; equal when nothing that it shows has changed.</summary>
/// <param name="More">How many there are beside those.</param>
internal sealed record InFlightRows(IReadOnlyList<InFlightLine> Requests, int More)
{
    private const int Most = 25;

    public static InFlightRows Of(IReadOnlyList<InFlightRequest> requests, RequestFilter filter)
    {
        var matching = requests.Where(filter.Matches).ToList();
        return new([.. matching.Take(Most).Select(request => new InFlightLine(request.Id, request.StartedAt, request.Domain, request.Method, request.Path, request.Model, request.Client, request.Status, request.ResponseBytes))], Math.Max(0, matching.Count - Most));
    }

    public bool Equals(InFlightRows? other) => other is not null && More == other.More && Requests.SequenceEqual(other.Requests);

    public override int GetHashCode() => HashCode.Combine(Requests.Count, More);
}
