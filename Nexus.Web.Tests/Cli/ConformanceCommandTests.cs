using System.Text.Json.Nodes;
using Nexus.Web.Conformance;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Cli;

public sealed class ConformanceCommandTests
{
    [Fact]
    public async Task A_running_Nexus_is_asked_and_what_it_says_is_printed()
    {
        await using var upstream = await FakeAnthropic.StartAsync();
        await using var nexus = await NexusApp.StartAsync(upstream);
        var url = nexus.Proxy.BaseAddress!.ToString();
        var (code, lines) = await PrintedAsync("conformance", "run", "--url", url, "--key", NexusApp.Key);
        Assert.True(code == 0, lines);
        Assert.Contains("pass\tstream-each-event\t", lines, StringComparison.Ordinal);
        Assert.Contains($"{Contract.Checks.Count} passed, 0 failed", lines, StringComparison.Ordinal);
        var (again, json) = await PrintedAsync("conformance", "run", "--url", url, "--key", NexusApp.Key, "--json");
        Assert.Equal((0, Contract.Checks.Count), (again, JsonNode.Parse(json)!["checks"]!.AsArray().Count));
        Assert.Equal(1, (await PrintedAsync("conformance", "run", "--url", url, "--key", "a-wrong-key")).Code);
        Assert.Equal(1, (await PrintedAsync("conformance", "run", "--url", "http://127.0.0.1:9", "--key", NexusApp.Key)).Code);
    }

    private static async Task<(int Code, string Text)> PrintedAsync(params string[] args)
    {
        var (code, output, error) = await Scripts.RunAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "Nexus.Web.dll"), .. args], Path.GetTempPath(), new Dictionary<string, string?>());
        return (code, output + error);
    }
}
