using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>Signing in with a provider, in a real browser under the strict policy, and what a viewer is offered.</summary>
[Collection(InTheBrowser.Name)]
public sealed class SignInTests(Chromium chromium) : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private FakeOpenId _provider = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _provider = await FakeOpenId.StartAsync();
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync(), settings: _provider.Settings(("DASHBOARD_ROLES", "ada@one.example=viewer"), ("DASHBOARD_CONTACT", "ops@one.example")));
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _provider.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task The_login_offers_provider_and_key_and_a_viewer_is_offered_what_a_viewer_may()
    {
        await using var viewer = await chromium.OpenAsync(_nexus);
        var page = viewer.Page;
        foreach (var (width, dark) in new[] { (390, false), (1280, true), (1280, false) })
        {
            await page.SetViewportSizeAsync(width, 900);
            await page.EmulateMediaAsync(new() { ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light });
            await page.GotoAsync("/dashboard/login");
            await Assertions.Expect(page.Locator("input[name=key]")).ToBeVisibleAsync();
            await viewer.AssertCleanAsync($"login {width}");
            await viewer.AssertAccessibleAsync($"login {width}");
            await viewer.PictureAsync($"login-provider-{width}-{(dark ? "dark" : "light")}");
        }

        await page.GotoAsync("/dashboard/budgets");
        await page.ClickAsync("text=Sign in with Example ID");
        await viewer.ArrivesAtAsync("**/dashboard/budgets");
        await Assertions.Expect(page.Locator("header .who")).ToHaveTextAsync("ada@one.example");
        await Assertions.Expect(page.Locator("nav >> text=Keys")).ToHaveCountAsync(0);
        await Assertions.Expect(page.Locator("button[commandfor]:visible")).ToHaveCountAsync(0);
        await viewer.PictureAsync("budgets-as-viewer");
        await page.GotoAsync("/dashboard/sessions");
        await viewer.AssertAccessibleAsync("sessions");
        await viewer.PictureAsync("sessions-as-viewer");
        await page.ClickAsync("text=Log out");
        await Assertions.Expect(page.Locator(".notice")).ToHaveTextAsync("You are signed out.");
        await viewer.AssertCleanAsync("signing in and out");
    }

    [Fact]
    public async Task Who_is_refused_reads_why()
    {
        _provider.Claims["email"] = "eve@one.example";
        await using var viewer = await chromium.OpenAsync(_nexus);
        await viewer.Page.GotoAsync("/dashboard/login");
        await viewer.Page.ClickAsync("text=Sign in with Example ID");
        await Assertions.Expect(viewer.Page.Locator("h1")).ToHaveTextAsync("Not let in");
        await Assertions.Expect(viewer.Page.Locator(".card")).ToContainTextAsync("You are eve@one.example, and nobody has given you a role here yet.");
        await viewer.AssertAccessibleAsync("refused");
        await viewer.PictureAsync("refused");
    }
}
