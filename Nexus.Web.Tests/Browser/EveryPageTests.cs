using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>Every page as a daily user sees it: light and dark, on a phone, a laptop and a wide screen.</summary>
[Collection(ThroughEveryPage.Name)]
public sealed class EveryPageTests(Chromium chromium, StoredPages pages) : IAsyncLifetime
{
    public Task InitializeAsync() => pages.MadeAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_page_is_clean_and_accessible_from_phone_to_desk(bool dark)
    {
        await using var viewer = await chromium.LogInAsync(pages.Nexus, dark: dark);
        foreach (var (name, path) in pages.All)
            await LookAsync(viewer, name, path, dark);
        await using var stranger = await chromium.OpenAsync(pages.Nexus, dark: dark);
        await LookAsync(stranger, "login", "/dashboard/login", dark);
    }

    [Fact]
    public void No_page_that_Nexus_has_is_left_out_of_the_walk()
    {
        var routes = pages.Nexus.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<PageActionDescriptor>() is not null).Select(endpoint => "/" + endpoint.RoutePattern.RawText!.TrimStart('/')).Distinct();
        // The login is looked at by a stranger, the kit where it exists (in development), and what refuses by who is refused.
        var missing = routes.Except(["/dashboard/login", "/dashboard/kit", "/dashboard/refused"]).Where(route => !pages.All.Any(page => Regex.IsMatch(page.Path.Split('?')[0], "^" + Regex.Replace(route, @"\{[^}]+\}", "[^/]+") + "$")));
        Assert.Empty(missing);
    }

    private static async Task LookAsync(Viewer viewer, string name, string path, bool dark)
    {
        foreach (var width in new[] { 390, 1280, 1920 })
        {
            var look = $"{name}-{width}-{(dark ? "dark" : "light")}";
            await viewer.Page.SetViewportSizeAsync(width, 900);
            // A window that is made wider is another look at the same page; one theme is enough to load a page on a laptop, too.
            if (width == 390 || (width == 1280 && dark))
                await viewer.Page.GotoAsync(path, new() { WaitUntil = WaitUntilState.Load });
            await viewer.AssertCleanAsync(look);
            await viewer.PictureAsync(look);
            // What axe looks at differs between the table and its cards, not between a laptop and a wall, and of the themes only in colours.
            if (width != 1920)
                await viewer.AssertAccessibleAsync(look, coloursOnly: dark);
        }
    }
}
