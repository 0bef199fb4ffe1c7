using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>The pages Conformance and Compare, and the list of conversations that follows what happens, as somebody uses them.</summary>
[Collection(InTheBrowser.Name)]
public sealed class ContractPagesTests(Chromium chromium) : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("text/event-stream", Streams.Whole);
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task The_list_of_conversations_shows_a_new_one_by_itself_under_the_filter_that_is_set()
    {
        await using var viewer = await chromium.LogInAsync(_nexus);
        await viewer.Page.GotoAsync("/dashboard/conversations");
        await Assertions.Expect(viewer.Page.Locator(".live-state.on")).ToBeVisibleAsync();
        await SayAsync("What does the heron eat?");
        await Assertions.Expect(viewer.Page.Locator("#results")).ToContainTextAsync("What does the heron eat?");
        await viewer.Page.FillAsync("input[name=q]", "otter");
        await viewer.Page.PressAsync("input[name=q]", "Enter");
        await Assertions.Expect(viewer.Page.Locator("#results")).ToContainTextAsync("No conversation matches");
        await SayAsync("Where does the otter sleep?");
        await Assertions.Expect(viewer.Page.Locator("#results")).ToContainTextAsync("Where does the otter sleep?");
        await Assertions.Expect(viewer.Page.Locator("#results")).Not.ToContainTextAsync("heron");
        await viewer.AssertCleanAsync("conversations");
    }

    [Fact]
    public async Task A_run_and_a_comparison_are_clean_and_accessible_in_light_and_dark_wide_and_narrow()
    {
        var (first, second) = await SayAsync("What does the heron eat?");
        foreach (var dark in new[] { false, true })
        {
            await using var viewer = await chromium.LogInAsync(_nexus, dark: dark);
            await viewer.Page.GotoAsync("/dashboard/conformance");
            await viewer.Page.ClickAsync("button:has-text('Run')");
            await Assertions.Expect(viewer.Page.Locator("#results .notice")).ToContainTextAsync("clauses hold");
            foreach (var width in new[] { 390, 1280 })
            {
                await viewer.Page.SetViewportSizeAsync(width, 900);
                foreach (var (name, address) in new[] { ("conformance", "/dashboard/conformance"), ("compare", $"/dashboard/compare?left={first}&right={second}"), ("timeline", $"/dashboard/conversation/{first}?view=timeline") })
                {
                    var look = $"{name}-{width}-{(dark ? "dark" : "light")}";
                    await viewer.Page.GotoAsync(address);
                    await viewer.AssertAccessibleAsync(look);
                    await viewer.AssertCleanAsync(look);
                    await viewer.PictureAsync(look);
                }
            }
        }
    }

    private async Task<(string First, string Second)> SayAsync(string words)
    {
        const string Tool = """[{"name":"Bash","description":"Runs it","input_schema":{"type":"object"}}]""";
        var first = await _session.RequestAsync($$"""{"model":"claude-opus-5","stream":true,"tools":{{Tool}},"system":"Be kind","messages":[{"role":"user","content":[{"type":"text","text":"{{words}}","cache_control":{"type":"ephemeral"} }] }] }""");
        return (first, await _session.RequestAsync($$"""{"model":"claude-opus-5","stream":true,"tools":{{Tool.Replace("Runs", "Executes", StringComparison.Ordinal)}},"system":"Be kind","messages":[{"role":"user","content":"{{words}}"},{"role":"assistant","content":[{"type":"text","text":"Hello"}] },{"role":"user","content":"Go on, please."}]}"""));
    }
}
