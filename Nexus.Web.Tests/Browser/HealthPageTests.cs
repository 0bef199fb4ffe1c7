using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Nexus.Web.Credentials;
using Nexus.Web.Operations.Health;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>The page Health on a bad morning: the upstream out of reach, a credential file that cannot be used.</summary>
[Collection(InTheBrowser.Name)]
public sealed class HealthPageTests(Chromium chromium)
{
    [Fact]
    public async Task Failures_are_seen_with_what_to_do_and_a_check_now_shows_what_was_repaired()
    {
        await using var nexus = await NexusApp.StartAsync("http://127.0.0.1:9", await Postgres.NewDatabaseAsync(), settings: ("HEALTH_UPSTREAM_SECONDS", "60"));
        await nexus.ReadyAsync();
        await nexus.PayForAsync("team-platform.engineering.example.com", "{");
        await nexus.Services.GetRequiredService<CheckBoard>().RefreshAsync(CancellationToken.None);
        foreach (var dark in new[] { false, true })
        {
            await using var viewer = await chromium.LogInAsync(nexus, dark: dark);
            foreach (var width in new[] { 390, 1280 })
            {
                await viewer.Page.SetViewportSizeAsync(width, 900);
                await viewer.Page.GotoAsync("/dashboard/health");
                await viewer.AssertCleanAsync($"health {width}");
                await viewer.PictureAsync($"health-bad-{width}-{(dark ? "dark" : "light")}");
            }

            await viewer.AssertAccessibleAsync("health " + (dark ? "dark" : "light"));
        }

        await using var operating = await chromium.LogInAsync(nexus);
        await operating.Page.GotoAsync("/dashboard/health");
        var credentials = operating.Page.Locator("table.checks tr", new() { HasText = "Credentials" });
        await Assertions.Expect(credentials).ToContainTextAsync("it is not valid JSON");
        File.Delete(Path.Combine(nexus.CredentialsDirectory, "team-platform.engineering.example.com.credentials.json"));
        await NexusApp.UntilAsync(() => Task.FromResult(!nexus.Services.GetRequiredService<CredentialFiles>().Domains.Any()), "the file is seen to be gone");
        await operating.Page.ClickAsync("text=Check now");
        await Assertions.Expect(credentials.Locator(".pill")).ToHaveTextAsync("ok");
        await Assertions.Expect(credentials.Locator(".error")).ToContainTextAsync("it is not valid JSON");
    }
}
