using System.Globalization;
using System.Net.Http.Headers;
using Nexus.Web.Tests.Infrastructure;

namespace Nexus.Web.Tests.Operations.Metrics;

/// <summary>What /metrics said at one moment, in Prometheus's text format.</summary>
internal sealed record Scrape(string Text)
{
    public static async Task<Scrape> TakeAsync(HttpClient dashboard, string key = NexusApp.Key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
        using var response = await dashboard.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return new(await response.Content.ReadAsStringAsync());
    }

    /// <summary>Every name that a sample has.</summary>
    public HashSet<string> Names => [.. Samples.Select(line => line[..line.IndexOfAny(['{', ' '])])];

    private IEnumerable<string> Samples => Text.Split('\n').Where(line => line.Length > 0 && line[0] != '#');

    /// <summary>The sum of the samples by this name with all of these labels; null when there is none.</summary>
    public double? Value(string name, params (string Name, string Value)[] labels)
    {
        var found = Samples.Where(line => line.StartsWith(name, StringComparison.Ordinal) && line[name.Length] is '{' or ' ' && labels.All(label => line.Contains($"{label.Name}=\"{label.Value}\"", StringComparison.Ordinal)))
            .Select(line => double.Parse(line[(line.IndexOf('}', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[line.Contains('}', StringComparison.Ordinal) ? 0 : 1], CultureInfo.InvariantCulture)).ToList();
        return found.Count == 0 ? null : found.Sum();
    }
}
