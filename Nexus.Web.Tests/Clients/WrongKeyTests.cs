using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Proxy;
using Xunit;

namespace Nexus.Web.Tests.Clients;

/// <summary>A wrong Nexus key must not look like a hang: docs/decisions has what was tried.</summary>
public sealed class WrongKeyTests
{
    [Theory]
    [InlineData("ANTHROPIC_AUTH_TOKEN")]
    [InlineData("ANTHROPIC_API_KEY")]
    public async Task Claude_Code_with_a_wrong_key_asks_once_and_says_why_it_stops(string variable)
    {
        await using var route = await Route.PaidByNexusAsync();
        using var claude = new ClaudeCode { KeyVariable = variable, Key = "cnp_live_a_key_that_was_never_made" };
        var printed = await claude.AskAsync(route, ["Hi. [[play:say]]"]);
        Assert.StartsWith("exit code 1", printed, StringComparison.Ordinal);
        Assert.Contains("Failed to authenticate. API Error: 401 The Nexus key is none of", printed, StringComparison.Ordinal);
        Assert.Empty(route.Script.Exchanges);
        Assert.Equal(1, route.Nexus!.Services.GetRequiredService<UnknownCallers>().Refused);
    }
}
