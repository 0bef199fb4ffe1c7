using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Access;
using Nexus.Web.Listening;
using Nexus.Web.Tests.Infrastructure;
using Xunit;

namespace Nexus.Web.Tests.Access;

/// <summary>Whatever the dashboard's port answers carries the headers that bind a browser.</summary>
public sealed partial class SecurityHeadersTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;

    public async Task InitializeAsync() => _upstream = await FakeAnthropic.StartAsync();

    public async Task DisposeAsync() => await _upstream.DisposeAsync();

    [Fact]
    public async Task Every_endpoint_error_and_file_answers_under_the_strict_policy()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream, await Postgres.NewDatabaseAsync());
        await nexus.ReadyAsync();
        using var visitor = await Visitor.WithKeyAsync(nexus);
        using var stranger = Visitor.Of(nexus);
        var wrong = new List<string>();
        string[] errors = ["/nothing/here", "/dashboard/nothing", "/dashboard/request/0190f0e0-0000-7000-8000-000000000000", "/api/nothing", "/css/nothing.css", "/dashboard/login?returnUrl=https://evil.example"];
        foreach (var path in Paths(nexus).Concat(errors))
        {
            foreach (var (who, asks) in new[] { ("stranger", stranger), ("administrator", visitor) })
            {
                using var answer = await asks.GetAsync(path);
                if (Missing(path, answer) is { } what)
                    wrong.Add($"{path} for a {who} ({(int)answer.StatusCode}): {what}");
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task With_the_database_away_errors_do_so_too()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream);
        using var visitor = await Visitor.WithKeyAsync(nexus);
        foreach (var path in new[] { "/dashboard", "/dashboard/keys", "/api/keys", "/jobs", "/health" })
            using (var answer = await visitor.GetAsync(path))
            {
                Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
                Assert.Null(Missing(path, answer));
            }
    }

    [Fact]
    public async Task Guesses_of_the_key_in_headers_are_slowed_and_the_right_key_passes_among_them()
    {
        await using var nexus = await NexusApp.StartAsync(_upstream);
        using var program = Visitor.Of(nexus);
        for (var i = 0; i < HeaderGuesses.Free; i++)
            using (var wrong = await program.GetAsync("/api/stats", ("X-Dashboard-Key", "guess-" + i)))
                Assert.Equal(HttpStatusCode.Forbidden, wrong.StatusCode);
        HttpResponseMessage answer;
        do
            answer = await program.GetAsync("/api/stats", ("X-Dashboard-Key", "another-guess"));
        while (answer.StatusCode != HttpStatusCode.TooManyRequests);
        using (answer)
            Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        // One program with an old key locks out nobody who has the right one.
        using var right = await program.GetAsync("/metrics", ("X-Dashboard-Key", NexusApp.Key));
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
    }

    /// <summary>One address for each endpoint; of streams and scrapes the headers come first, and no more is read.</summary>
    private static IEnumerable<string> Paths(NexusApp nexus) => nexus.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        .Where(endpoint => endpoint.Metadata.GetMetadata<ServedOn>()?.Listener != Listener.Proxy)
        .Select(endpoint => "/" + Parameter().Replace(endpoint.RoutePattern.RawText!.Trim('/'), match => match.Value.Contains("guid", StringComparison.Ordinal) ? "0190f0e0-0000-7000-8000-000000000000" : "x")).Distinct();

    private static string? Missing(string path, HttpResponseMessage answer)
    {
        string? Of(string name) => answer.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;
        var policy = Of("Content-Security-Policy") ?? "";
        if (!policy.StartsWith("default-src 'none'; script-src 'self'; style-src 'self'", StringComparison.Ordinal) || !policy.Contains("frame-ancestors 'none'", StringComparison.Ordinal) || !policy.Contains("base-uri 'none'", StringComparison.Ordinal) || !policy.Contains("form-action 'self'", StringComparison.Ordinal))
            return "policy " + policy;
        // Hangfire's pages have style attributes that are empty: those are allowed by their hash, on these pages alone.
        if (policy.Replace(path.StartsWith("/jobs", StringComparison.Ordinal) ? "'unsafe-hashes'" : "-", "", StringComparison.Ordinal).Contains("unsafe", StringComparison.Ordinal))
            return "unsafe " + policy;
        foreach (var (name, value) in new[] { ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), ("X-Frame-Options", "DENY"), ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin") })
            if (Of(name) != value)
                return $"{name}: {Of(name)}";
        if (answer.Headers.Contains("Server") || answer.Headers.Contains("X-Powered-By"))
            return "tells what it is made of";
        return (path.StartsWith("/dashboard", StringComparison.Ordinal) || path.StartsWith("/api", StringComparison.Ordinal)) && answer.Headers.CacheControl?.NoStore != true ? "may be stored" : null;
    }

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Parameter();
}
