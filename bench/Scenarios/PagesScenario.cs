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
    public const double MostMedian = 300;
    public const double Most99th = 500;

    /// <summary>What a page that people open all day may take at the median, in ms, from the request to its last byte.</summary>
    public const double MostRendering = 50;

    /// <summary>Those pages; a request and a conversation come on top.</summary>
    private static readonly string[] Main =
    [
        "/dashboard", "/dashboard/requests", "/dashboard/conversations", "/dashboard/usage", "/dashboard/token-usage", "/dashboard/keys", "/dashboard/jobs", "/dashboard/health",
    ];

    private static readonly string[] Addresses =
    [
        "/dashboard", "/dashboard/requests", "/dashboard/requests?domain=team1.bench.example", "/dashboard/usage", "/dashboard/usage?range=30d&by=owner", "/dashboard/usage?range=30d&by=key&measure=tokens",
        "/dashboard/usage?range=month&by=domain", "/dashboard/usage?range=7d&by=type", "/dashboard/usage?range=24h&by=account&domain=team2.bench.example", "/dashboard/usage?range=custom&from=2020-01-01&by=lane",
        "/dashboard/token-usage", "/dashboard/token-usage?accountId=acc_1", "/dashboard/cache?range=30d", "/dashboard/budgets", "/dashboard/prices", "/dashboard/keys", "/dashboard/domains",
        "/token-stats", "/api/stats", "/api/domains", "/api/requests?limit=100", "/api/limits", "/api/keys",
        "/api/token-usage/current?accountId=acc_1", "/api/token-usage/current?accountId=acc_1&window=43200", "/api/token-usage/daily?accountId=acc_1", "/api/token-usage/daily?accountId=acc_1&days=90&aggregate=true",
        "/api/token-usage/time-series?accountId=acc_1&window=24", "/api/token-usage/accounts", "/api/usage/requests/hourly?days=30", "/api/usage/tokens/hourly?days=30",
        "/api/analytics/token-usage/sliding-window?accountId=acc_1&days=30", "/api/rate-limits", "/api/export/usage?range=30d&by=owner", "/api/export/usage-totals?range=30d&format=jsonl",
    ];

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Workplace workplace, Effort effort)
    {
        var rows = effort.Quick ? 500_000 : 10_000_000;
        await using var nexus = await NexusRoute.WithStorageAsync(workplace);
        foreach (var statement in LedgerSeed.Statements(DateTimeOffset.UtcNow, rows))
            await nexus.ExecuteAsync(statement);
        var rebuilt = Stopwatch.GetTimestamp();
        await nexus.CommandAsync("usage", "rebuild");
        var took = Stopwatch.GetElapsedTime(rebuilt);
        await nexus.ExecuteAsync(LedgerSeed.Settle);
        using var viewer = await LogInAsync(nexus.DashboardPort, NexusRoute.DashboardKey);
        return
        [
            new("ledger rows", "", Say.Text($"{await nexus.QueryAsync<long>("SELECT count(*) FROM requests"):N0}; rollups by the day {await nexus.QueryAsync<long>("SELECT count(*) FROM usage_1d"):N0}, hour {await nexus.QueryAsync<long>("SELECT count(*) FROM usage_1h"):N0}, quarter {await nexus.QueryAsync<long>("SELECT count(*) FROM usage_15m"):N0}, five minutes {await nexus.QueryAsync<long>("SELECT count(*) FROM usage_5m"):N0}")),
            new("`nexus usage rebuild` of all of them", "", Say.Text($"{took.TotalSeconds:F0} s")),
            .. await FiguresAsync(viewer, nexus.Port, nexus.DashboardPort, effort.Quick ? 10 : 100),
            .. await RenderingAsync(viewer, nexus.DashboardPort, await nexus.QueryAsync<Guid>("SELECT id FROM requests ORDER BY started_at DESC LIMIT 1"), await nexus.QueryAsync<Guid>("SELECT id FROM conversations ORDER BY last_at DESC LIMIT 1"), effort.Quick ? 10 : 100),
        ];
    }

    /// <summary>The main pages, against <see cref="MostRendering"/>.</summary>
    /// <param name="count">How often each is asked for.</param>
    public static async Task<IReadOnlyList<Figure>> RenderingAsync(HttpClient viewer, int dashboardPort, Guid request, Guid conversation, int count)
    {
        var figures = new List<Figure>();
        foreach (var address in (string[])[.. Main, $"/dashboard/request/{request}", $"/dashboard/conversation/{conversation}"])
        {
            var median = Quantiles.MedianOf(await TimesAsync(viewer, $"http://127.0.0.1:{dashboardPort}{address}", count));
            figures.Add(new($"rendering {address.Replace(request.ToString(), "…", StringComparison.Ordinal).Replace(conversation.ToString(), "…", StringComparison.Ordinal)}", Say.Text($"≤ {MostRendering} ms"), Say.Text($"{median:F0} ms"), median <= MostRendering));
        }

        return figures;
    }

    /// <param name="count">How often each is asked for.</param>
    public static async Task<IReadOnlyList<Figure>> FiguresAsync(HttpClient viewer, int proxyPort, int dashboardPort, int count)
    {
        var figures = new List<Figure>();
        foreach (var address in Addresses)
        {
            var port = address.StartsWith("/token-stats", StringComparison.Ordinal) ? proxyPort : dashboardPort;
            var times = await TimesAsync(viewer, $"http://127.0.0.1:{port}{address}", count);
            var (median, last) = (Quantiles.MedianOf(times), new Quantiles(times).At(0.99));
            figures.Add(new(address, Say.Text($"≤ {MostMedian} ms, p99 ≤ {Most99th} ms"), Say.Text($"{median:F0} ms, p99 {last:F0} ms"), median <= MostMedian && last <= Most99th));
        }

        return figures;
    }

    /// <summary>Milliseconds of each of so many calls, one after the other.</summary>
    public static async Task<List<double>> TimesAsync(HttpClient viewer, string address, int count)
    {
        var times = new List<double>();
        // The first answers compile code and read pages from the disk.
        for (var i = -3; i < count; i++)
        {
            var start = Stopwatch.GetTimestamp();
            using var answer = await viewer.GetAsync(address);
            await answer.Content.ReadAsByteArrayAsync();
            if (!answer.IsSuccessStatusCode)
                throw new InvalidOperationException($"{address} answered {(int)answer.StatusCode}.");
            if (i >= 0)
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return times;
    }

    /// <summary>A client with the cookies of a session in Berlin.</summary>
    public static async Task<HttpClient> LogInAsync(int dashboardPort, string key)
    {
        // Not UTC, whose days are those of the widest rollup.
        var cookies = new CookieContainer();
        cookies.Add(new Cookie("nexus_zone", "Europe%2FBerlin", "/", "127.0.0.1"));
        var viewer = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, CookieContainer = cookies });
        var login = $"http://127.0.0.1:{dashboardPort}/dashboard/login";
        using var form = new FormUrlEncodedContent([new("key", key), new("__RequestVerificationToken", await TokenAsync(viewer, login))]);
        using var answer = await viewer.PostAsync(login, form);
        return answer.StatusCode == HttpStatusCode.Redirect ? viewer : throw new InvalidOperationException($"Logging in was answered {(int)answer.StatusCode}.");
    }

    /// <summary>What a form of a page must send with it.</summary>
    public static async Task<string> TokenAsync(HttpClient viewer, string page) => Token().Match(await viewer.GetStringAsync(page)).Groups[1].Value;

    [GeneratedRegex("name=\"__RequestVerificationToken\" (?:type=\"hidden\" )?value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
