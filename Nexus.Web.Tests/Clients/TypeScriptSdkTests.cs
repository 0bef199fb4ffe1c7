using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Clients;

public sealed class TypeScriptSdkTests
{
    [Fact]
    public async Task Every_call_has_the_same_result_as_directly()
    {
        var ledger = await Comparison.AssertAlikeAsync(RunAsync);
        Assert.Equal(["count", "main", "other"], ledger.Select(entry => entry.Row.Lane).Distinct().Order());
        Assert.Contains(ledger, entry => entry.Row is { Outcome: "upstream_cut", Status: 200 });
        Assert.Contains(ledger, entry => entry.Row is { Outcome: "upstream_error", Status: 200, ErrorType: "overloaded_error" });
        Assert.Contains(ledger, entry => entry.Row is { Outcome: "upstream_error", Status: 429, ErrorType: "rate_limit_error" });
    }

    private static Task<string> RunAsync(Route route) => RunAsync(route, []);

    /// <param name="cases">The one that is run; all without.</param>
    internal static Task<string> RunAsync(Route route, params string[] cases) => ClientProcess.RunAsync(
        ClientProcess.Installed("node-linux-{arch}/bin/node"),
        [Path.Combine(Scripts.Repository, "Nexus.Web.Tests", "Clients", "sdk.mjs"), ClientProcess.Installed("@anthropic-ai/sdk"), .. cases],
        Path.GetTempPath(),
        new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["HOME"] = Path.GetTempPath(), ["ANTHROPIC_BASE_URL"] = route.BaseUrl, ["ANTHROPIC_AUTH_TOKEN"] = route.Key });
}
