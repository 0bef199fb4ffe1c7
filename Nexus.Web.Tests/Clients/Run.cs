using System.Globalization;
using System.Text;

namespace Nexus.Web.Tests.Clients;

/// <summary>What one run of a client amounts to, in a form that two runs have alike.</summary>
/// <param name="Printed">What the client printed.</param>
/// <param name="Requests">What its upstream received.</param>
internal sealed record Run(string Printed, IReadOnlyList<string> Requests)
{
    /// <summary>Hops differ in these by right.</summary>
    private static readonly HashSet<string> OfTheHop = ["host", "connection", "content-length"];

    public static Run Of(Route route, string printed)
    {
        var varying = new VaryingValues(route);
        var requests = varying.Remove(route.Script.Exchanges.Select(exchange => Text(route, exchange)));
        return new(varying.Remove(printed), requests);
    }

    private static string Text(Route route, Exchange exchange)
    {
        var request = exchange.Request;
        if (request.Header("content-length") is { } length && long.Parse(length, CultureInfo.InvariantCulture) != request.BodyLength)
            throw new InvalidOperationException($"The upstream received {request.BodyLength} bytes under a content-length of {length}.");
        var text = new StringBuilder().Append(request.Method).Append(' ').AppendLine(request.Target);
        var headers = request.Headers.Select(header => Line(route, exchange, header.Key.ToLowerInvariant(), header.Value)).Where(line => line is not null);
        return text.AppendJoin('\n', headers.Order(StringComparer.Ordinal)).Append("\n\n").Append(Encoding.UTF8.GetString(request.Body)).ToString();
    }

    /// <summary>Of a credential, whether it is the right one: the caller's own as sent, or the account's in the header that its kind belongs in.</summary>
    private static string? Line(Route route, Exchange exchange, string name, string value) => (name, value) switch
    {
        ("x-api-key", Route.AccountKey) when route.Paid => "credential: right",
        ("x-api-key", _) when !route.Paid && value == route.Key => "credential: right",
        ("authorization", _) when !route.Paid && value == "Bearer " + route.Key => "credential: right",
        // Of a batch's answer Nexus edits one address, and so asks for it uncompressed.
        ("accept-encoding", _) when exchange.Request.Target.StartsWith("/v1/messages/batches", StringComparison.Ordinal) => null,
        _ => OfTheHop.Contains(name) ? null : $"{name}: {value}",
    };
}
