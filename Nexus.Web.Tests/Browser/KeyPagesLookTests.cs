using Microsoft.Playwright;
using Nexus.Web.Capture;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

[Collection(InTheBrowser.Name)]
public sealed class KeyPagesLookTests(Chromium chromium) : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private NexusApp _nexus = null!;

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", Streams.Json);
        _nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        _nexus.WriteCredential("team.example.com", """{"type":"api_key","api_key":"sk-ant-team","client_api_key":"cnp_live_file"}""");
        _nexus.WriteCredential("broken.example.com", "{");
        await _nexus.ReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Theory]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    [InlineData(390, false)]
    public async Task A_key_is_made_by_hand_tested_and_revoked_and_the_pages_keep_to_the_policy(int width, bool dark)
    {
        var look = $"{width}{(dark ? "-dark" : "")}";
        await _nexus.NewKeyAsync(KeyRing.KeyOf("team.example.com", "claude-haiku-*", "claude-sonnet-5") with { Name = "nightly build", Owner = "grace", ExpiresAt = DateTimeOffset.UtcNow.AddDays(30) });
        var (old, _) = await _nexus.NewKeyAsync(KeyRing.KeyOf("open.example.com") with { Name = "old notebook", Capture = CaptureLevel.Redacted, CaptureReason = "works with customers' mails" });
        await _nexus.WithKeysAsync(keys => keys.RevokeAsync(old.Id, KeyRing.Tester, CancellationToken.None));
        await _nexus.MessageAsync("""{"model":"claude-opus-5","messages":[]}""", "open.example.com");
        await using var viewer = await chromium.LogInAsync(_nexus, width, dark);
        var page = viewer.Page;
        await page.GotoAsync("/dashboard/keys");
        await viewer.PictureAsync($"keys-{look}");
        await page.ClickAsync(".head button");
        await page.FillAsync("#new-key input[name=name]", "laptop");
        await page.FillAsync("#new-key input[name=owner]", "ada");
        await page.FillAsync("#new-key input[name=domain]", "team.example.com");
        await viewer.PictureAsync($"keys-new-{look}");
        await page.ClickAsync("#new-key button.primary");
        await Assertions.Expect(page.Locator(".secret pre#secret")).ToContainTextAsync("cnp_live_");
        await Assertions.Expect(page.Locator("#new-key")).ToBeHiddenAsync();
        await _nexus.KnowsAsync(await page.Locator("#secret").InnerTextAsync());
        await page.ClickAsync(".secret button:text-is('Test')");
        await Assertions.Expect(page.Locator("#key-test")).ToContainTextAsync("It works.");
        await viewer.AssertCleanAsync("keys");
        await viewer.PictureAsync($"keys-made-{look}");
        await page.ClickAsync("table.keys a:text-is('laptop')");
        await viewer.ArrivesAtAsync("**/dashboard/key/**");
        await viewer.AssertCleanAsync("key");
        await viewer.PictureAsync($"key-{look}");
        await page.ClickAsync("button:has-text('Revoke …')");
        await viewer.PictureAsync($"key-revoke-{look}");
        await page.ClickAsync("#revoke button:has-text('Revoke the key')");
        await Assertions.Expect(page.Locator(".pill")).ToHaveTextAsync("revoked");
        await page.GotoAsync("/dashboard/domains");
        await viewer.AssertCleanAsync("domains");
        await viewer.PictureAsync($"domains-{look}");
        await page.ClickAsync("tr:has-text('open.example.com') button:has-text('Change')");
        await page.SelectOptionAsync("dialog[open] select", "metadata");
        await page.FillAsync("dialog[open] input[name=reason]", "their contract");
        await viewer.PictureAsync($"domains-change-{look}");
        await page.ClickAsync("dialog[open] button.primary");
        await Assertions.Expect(page.Locator("tr:has-text('open.example.com') .reason")).ToContainTextAsync("their contract");
        await viewer.AssertCleanAsync("domains");
    }
}
