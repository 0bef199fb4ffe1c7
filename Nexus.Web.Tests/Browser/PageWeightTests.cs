using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Browser;

/// <summary>What a browser that was never here fetches for a page, compressed as it travels.</summary>
[Collection(ThroughEveryPage.Name)]
public sealed partial class PageWeightTests(StoredPages pages) : IAsyncLifetime
{
    private const int Most = 300_000;

    public Task InitializeAsync() => pages.MadeAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>Styles, scripts and the charting library count for every page, also where no chart is in view.</summary>
    [Fact]
    public async Task No_page_weighs_more_than_300_KB_at_its_first_load()
    {
        var session = await DashboardSession.StartAsync(pages.Nexus);
        var files = new Dictionary<string, int>();
        var heavy = new List<string>();
        foreach (var (name, path) in pages.All)
        {
            var (weight, html) = await FetchAsync(session, path);
            var parts = Parts().Matches(html).SelectMany(part => $"{part.Groups[1].Value} {part.Groups[2].Value}".Split(' ')).Where(part => part.StartsWith('/')).Distinct().ToList();
            Assert.Contains(parts, part => part.StartsWith("/lib/echarts", StringComparison.Ordinal));
            foreach (var part in parts)
            {
                if (!files.TryGetValue(part, out var size))
                    files[part] = size = (await FetchAsync(session, part)).Weight;
                weight += size;
            }

            if (weight > Most)
                heavy.Add($"{name}: {weight:N0}");
        }

        Assert.True(heavy.Count == 0, $"{string.Join("; ", heavy)}. Files: {string.Join(", ", files.Select(file => $"{file.Key} {file.Value:N0}"))}");
    }

    private async Task<(int Weight, string Text)> FetchAsync(DashboardSession session, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Cookie", session.Cookie }, { "Accept-Encoding", "gzip" } } };
        using var response = await pages.Nexus.Dashboard.SendAsync(request);
        // A request's conversation is found by its id.
        if (response.Headers.Location is { } elsewhere)
            return await FetchAsync(session, elsewhere.OriginalString);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode}");
        var bytes = await response.Content.ReadAsByteArrayAsync();
        Assert.Contains("gzip", response.Content.Headers.ContentEncoding);
        using var text = new StreamReader(new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress));
        var content = await text.ReadToEndAsync();
        return (Math.Min(bytes.Length, Compressed(content)), content);
    }

    /// <summary>A Debug build packs its files without making them smaller; a Release build does this.</summary>
    private static int Compressed(string content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(content));
        return (int)packed.Length;
    }

    [GeneratedRegex("<(?:link|script)[^>]*? (?:href|src|data-parts)=\"([^\"]+)\"(?: data-parts=\"([^\"]+)\")?")]
    private static partial Regex Parts();
}
