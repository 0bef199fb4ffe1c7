using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>Debian's Chromium, started once for the tests of a collection, with a log of everything that a page must not do.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    /// <summary>Where pictures go that people look at.</summary>
    public static string Screenshots { get; } = Directory.CreateDirectory(Path.Combine(Repository(), "artifacts", "screenshots")).FullName;

    public async Task InitializeAsync()
    {
        // Five seconds without it: a busy machine is not a fault of the page.
        Assertions.SetDefaultExpectTimeout(30_000);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
    }

    public async Task DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    /// <summary>A viewer of the dashboard, logged in through the form.</summary>
    internal async Task<Viewer> LogInAsync(NexusApp nexus, int width = 1280, bool dark = false, bool scripts = true, bool touch = false)
    {
        var viewer = await OpenAsync(nexus, width, dark, scripts, touch);
        await viewer.Page.GotoAsync("/dashboard/login");
        await viewer.Page.FillAsync("input[name=key]", NexusApp.Key);
        await viewer.Page.ClickAsync("button.primary");
        await viewer.ArrivesAtAsync("**/dashboard");
        return viewer;
    }

    /// <summary>A viewer who is not logged in.</summary>
    internal async Task<Viewer> OpenAsync(NexusApp nexus, int width = 1280, bool dark = false, bool scripts = true, bool touch = false)
    {
        var context = await _browser.NewContextAsync(new()
        {
            BaseURL = nexus.Dashboard.BaseAddress!.ToString(),
            ViewportSize = new() { Width = width, Height = 900 },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            ReducedMotion = ReducedMotion.Reduce,
            JavaScriptEnabled = scripts,
            HasTouch = touch,
            TimezoneId = "Europe/Berlin",
            Locale = "en-GB",
            // Only the dashboard is there: what a page fetches from elsewhere fails and is reported.
            Proxy = new() { Server = "http://127.0.0.1:9", Bypass = "127.0.0.1" },
        });
        context.SetDefaultTimeout(60_000);
        return new(context, await context.NewPageAsync());
    }

    internal static string Repository()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Nexus.sln")))
            directory = directory.Parent ?? throw new DirectoryNotFoundException("Nexus.sln is in no folder above the tests.");
        return directory.FullName;
    }
}

[CollectionDefinition(Name)]
public sealed class InTheBrowser : ICollectionFixture<Chromium>
{
    public const string Name = "Browser";
}

/// <summary>With a browser of its own, so that the walks through every page pass beside the other tests with one.</summary>
[CollectionDefinition(Name)]
public sealed class ThroughEveryPage : ICollectionFixture<Chromium>, ICollectionFixture<StoredPages>
{
    public const string Name = "Browser, every page";
}

/// <summary>A browser's window. What went wrong in it is gathered and told by <see cref="AssertCleanAsync"/>.</summary>
internal sealed class Viewer : IAsyncDisposable
{
    private static readonly Lazy<string> Axe = new(() => File.ReadAllText(Path.Combine(Chromium.Repository(), "node_modules", "axe-core", "axe.min.js")));
    private static readonly bool Kept = Environment.GetEnvironmentVariable("NEXUS_TEST_PICTURES") != "0";
    private static readonly string[] All = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];
    private static readonly string[] OfColours = ["color-contrast", "link-in-text-block"];
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _wrong = new();

    public Viewer(IBrowserContext context, IPage page)
    {
        _context = context;
        Page = page;
        // A violation of the Content-Security-Policy is a console error too.
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _wrong.Enqueue($"console {message.Type}: {message.Text}");
        };
        page.PageError += (_, error) => _wrong.Enqueue("script error: " + error);
        page.RequestFailed += (_, request) =>
        {
            // An event stream is open until its page goes, and what a page asks for by itself is cut off by the next page.
            if (!request.Url.Contains("/dashboard/live", StringComparison.Ordinal) && (request.Failure != "net::ERR_ABORTED" || request.ResourceType is not ("xhr" or "fetch")))
                _wrong.Enqueue($"request failed: {request.Url} {request.Failure}");
        };
        page.Response += (_, response) =>
        {
            if (response.Status >= 400)
                _wrong.Enqueue($"status {response.Status}: {response.Url}");
        };
    }

    public IPage Page { get; }

    /// <summary>Waits for an address and for all that its page loads.</summary>
    /// <param name="address">As Playwright writes them: ** is anything, * anything but a slash.</param>
    /// <remarks>
    /// By asking the page. Playwright's own wait looks at the address on one thread and then listens for the next, which comes in on
    /// another: what is reached in between is waited for in vain.
    /// </remarks>
    public async Task ArrivesAtAsync(string address)
    {
        var pattern = new Regex($"^{Regex.Escape(address).Replace(@"\*\*", ".*", StringComparison.Ordinal).Replace(@"\*", "[^/]*", StringComparison.Ordinal)}$");
        try
        {
            await NexusApp.UntilAsync(async () => pattern.IsMatch(await LoadedAsync()), address);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{address} was not reached, the page is still at {Page.Url}. {string.Join(" | ", _wrong)}");
        }
    }

    /// <summary>No console errors, violations of the policy, failed requests, or parts wider than the window.</summary>
    public async Task AssertCleanAsync(string where)
    {
        var wider = await Page.EvaluateAsync<string[]>("""
            () => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? []
              : [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 120))
            """);
        Assert.True(_wrong.IsEmpty && wider.Length == 0, $"{where}: {string.Join(" | ", _wrong)} {(wider.Length > 0 ? "wider than the window: " + string.Join(" | ", wider) : "")}");
    }

    /// <summary>No serious or critical finding of axe-core: names, roles, contrast.</summary>
    /// <param name="where">What the failure names.</param>
    /// <param name="coloursOnly">For a page that was looked at in another theme: its words and roles are those.</param>
    public async Task AssertAccessibleAsync(string where, bool coloursOnly = false)
    {
        // Evaluated by the debugger, which the page's policy does not bind.
        if (!await Page.EvaluateAsync<bool>("'axe' in window"))
            await Page.EvaluateAsync(Axe.Value);
        var findings = await Page.EvaluateAsync<string[]>("""
            async (only) => (await axe.run(document, { resultTypes: ["violations"], runOnly: only })).violations
              .filter(finding => finding.impact === "serious" || finding.impact === "critical")
              .flatMap(finding => finding.nodes.slice(0, 3).map(node => `${finding.id}: ${node.html.slice(0, 160)} ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ""}`))
            """, coloursOnly ? OfColours : All);
        Assert.True(findings.Length == 0, $"{where}: {string.Join(" | ", findings)}");
    }

    /// <summary>Brings the whole page to be drawn and keeps a picture of it; without the picture where nobody will look, as ./test.sh says.</summary>
    public async Task PictureAsync(string name)
    {
        await DrawnAsync(Page);
        if (Kept)
            await Page.ScreenshotAsync(new() { Path = Path.Combine(Chromium.Screenshots, name + ".png"), FullPage = true });
    }

    /// <summary>Brings each chart into view once, which is when it is drawn, and goes back to the top.</summary>
    public static Task DrawnAsync(IPage page) => page.EvaluateAsync("""
        async () => {
          for (const figure of document.querySelectorAll("figure[data-chart]:not([data-drawn])")) {
            if (!figure.querySelector(".chart-plot")) continue;
            figure.scrollIntoView();
            for (let i = 0; i < 300 && figure.dataset.drawn === undefined; i++) await new Promise((go) => setTimeout(go, 50));
            if (figure.dataset.drawn === undefined) throw new Error(`${figure.id} was not drawn`);
          }
          scrollTo(0, 0);
        }
        """);

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    /// <summary>The address of a page that has loaded everything; empty while it has not, and between two pages.</summary>
    private async Task<string> LoadedAsync()
    {
        try
        {
            return await Page.EvaluateAsync<string>("document.readyState === 'complete' ? location.href : ''");
        }
        catch (PlaywrightException)
        {
            return "";
        }
    }
}
