using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;
using Nexus.Bench.Load;
using Nexus.Bench.Results;
using Nexus.Bench.Routes;
using Nexus.Bench.Seed;

namespace Nexus.Bench.Scenarios;

/// <summary>Each usage page and API call over ten million ledger rows, one after the other as one viewer asks.</summary>
internal static partial class PagesScenario
{
    private static readonly string[] Addresses =
    [
        "/dashboard", "/dashboard/requests", "/dashboard/requests?domain=team1.bench.example", "/dashboard/usage", "/dashboard/usage?range=30d&by=owner", "/dashboard/usage?range=30d&by=key&measure=tokens",
        "/dashboard/usage?range=24h&by=account&domain=team2.bench.example", "/dashboard/token-usage", "/dashboard/token-usage?accountId=acc_1", "/dashboard/cache", "/dashboard/budgets", "/dashboard/prices", "/dashboard/keys",
        "/token-stats", "/api/stats", "/api/domains", "/api/requests?limit=100", "/api/token-usage/current?accountId=acc_1", "/api/token-usage/daily?accountId=acc_1", "/api/token-usage/time-series?accountId=acc_1",
        "/api/token-usage/accounts", "/api/usage/requests/hourly?days=30", "/api/usage/tokens/hourly?days=30", "/api/analytics/token-usage/sliding-window?accountId=acc_1&days=30", "/api/rate-limits",
    ];

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Workplace workplace, Effort effort)
    {
        var rows = effort.Quick ? 500_000 : 10_000_000;
        await using var nexus = await NexusRoute.WithStorageAsync(workplace);
        foreach (var statement in LedgerSeed.Statements(DateTimeOffset.UtcNow, rows))
            await nexus.ExecuteAsync(statement);
        using var viewer = await LogInAsync(nexus);
        var (medians, worst) = (new List<(string Address, double Milliseconds)>(), new List<(string Address, double Milliseconds)>());
        foreach (var address in Addresses)
        {
            var times = await TimesAsync(viewer, nexus, address, effort.Quick ? 10 : 100);
            medians.Add((address, Quantiles.MedianOf(times)));
            worst.Add((address, times.Order().ElementAt((int)(times.Count * 0.99))));
        }

        return
        [
            new("ledger rows", "", Say.Text($"{await nexus.QueryAsync<long>("SELECT count(*) FROM requests"):N0}, rollups {await nexus.QueryAsync<long>("SELECT count(*) FROM usage_15m"):N0} and {await nexus.QueryAsync<long>("SELECT count(*) FROM usage_5m"):N0}")),
            .. medians.Zip(worst, (median, last) => new Figure(median.Address, "≤ 300 ms, p99 ≤ 500 ms", Say.Text($"{median.Milliseconds:F0} ms, p99 {last.Milliseconds:F0} ms"), median.Milliseconds <= 300 && last.Milliseconds <= 500)),
        ];
    }

    private static async Task<List<double>> TimesAsync(HttpClient viewer, NexusRoute nexus, string address, int count)
    {
        var port = address.StartsWith("/token-stats", StringComparison.Ordinal) ? nexus.Port : nexus.DashboardPort;
        var times = new List<double>();
        // The first answers compile code and read pages from the disk.
        for (var i = -3; i < count; i++)
        {
            var start = Stopwatch.GetTimestamp();
            using var answer = await viewer.GetAsync($"http://127.0.0.1:{port}{address}");
            await answer.Content.ReadAsByteArrayAsync();
            if (!answer.IsSuccessStatusCode)
                throw new InvalidOperationException($"{address} answered {(int)answer.StatusCode}.");
            if (i >= 0)
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return times;
    }

    private static async Task<HttpClient> LogInAsync(NexusRoute nexus)
    {
        var viewer = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, CookieContainer = new CookieContainer() });
        var login = $"http://127.0.0.1:{nexus.DashboardPort}/dashboard/login";
        var token = Token().Match(await viewer.GetStringAsync(login)).Groups[1].Value;
        using var form = new FormUrlEncodedContent([new("key", NexusRoute.DashboardKey), new("__RequestVerificationToken", token)]);
        using var answer = await viewer.PostAsync(login, form);
        return answer.StatusCode == HttpStatusCode.Redirect ? viewer : throw new InvalidOperationException($"Logging in was answered {(int)answer.StatusCode}.");
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" type=\"hidden\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
