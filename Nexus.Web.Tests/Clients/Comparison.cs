using Xunit;

namespace Nexus.Web.Tests.Clients;

/// <summary>Runs a client straight against the upstream and through Nexus, and asserts that neither end can tell them apart.</summary>
internal static class Comparison
{
    /// <summary>
    /// Straight, with the caller's own key passed through, and with an account's key in the place of a Nexus key. The ledger of
    /// the run with the caller's own key, checked against what the upstream received and sent.
    /// </summary>
    public static async Task<IReadOnlyList<Accounted>> AssertAlikeAsync(Func<Route, Task<string>> client)
    {
        var routes = await Task.WhenAll(Route.StraightAsync(), Route.ThroughNexusAsync(), Route.PaidByNexusAsync());
        try
        {
            var runs = await Task.WhenAll(routes.Select(async route => Run.Of(route, await client(route))));
            Assert.NotEmpty(runs[0].Requests);
            foreach (var run in runs[1..])
                AssertSame(runs[0], run);
            AssertNeverUpstream(routes[2]);
            await Ledger.AccountAsync(routes[2]);
            return await Ledger.AccountAsync(routes[1]);
        }
        finally
        {
            foreach (var route in routes)
                await route.DisposeAsync();
        }
    }

    private static void AssertSame(Run expected, Run actual)
    {
        // The requests first: where they differ, what is printed differs in consequence.
        for (var i = 0; i < Math.Min(expected.Requests.Count, actual.Requests.Count); i++)
            Assert.Equal(expected.Requests[i], actual.Requests[i]);
        Assert.Equal(expected.Requests.Count, actual.Requests.Count);
        Assert.Equal(expected.Printed, actual.Printed);
    }

    private static void AssertNeverUpstream(Route paid)
    {
        foreach (var request in paid.Script.Exchanges.Select(exchange => exchange.Request))
        {
            Assert.DoesNotContain(paid.Key, request.Target, StringComparison.Ordinal);
            Assert.DoesNotContain(request.Headers, header => header.Value.Contains(paid.Key, StringComparison.Ordinal));
            Assert.DoesNotContain(paid.Key, System.Text.Encoding.UTF8.GetString(request.Body), StringComparison.Ordinal);
        }
    }
}
