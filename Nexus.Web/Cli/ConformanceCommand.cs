using System.CommandLine;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Nexus.Web.Api;
using Nexus.Web.Conformance;

namespace Nexus.Web.Cli;

/// <summary><c>nexus conformance run</c>: asks a running Nexus to prove the wire contract on itself.</summary>
internal static class ConformanceCommand
{
    public static Command Create() => new("conformance", "The wire contract, clause by clause, against a running Nexus.") { Run() };

    private static Command Run()
    {
        var url = new Option<string>("--url") { Description = "Address of either port of the running Nexus.", DefaultValueFactory = _ => "http://127.0.0.1:3001" };
        var key = new Option<string?>("--key") { Description = "The dashboard's key. Without it: DASHBOARD_API_KEY, or the one under DATA_DIR/keys." };
        var json = new Option<bool>("--json") { Description = "Prints the whole report, with the hashes of what went in and came out." };
        var command = new Command("run", "Runs every check and prints a line each; the exit code is 1 when one fails. Nothing of it is left in ledger, usage or budgets.") { url, key, json };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(url)!, parsed.GetValue(key) ?? KeyCommand.Reveal(), parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(string given, string key, bool json, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(given, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            return Fail($"--url is '{given}'; it takes an address such as http://127.0.0.1:3001.");
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromMinutes(5) };
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, "/api/conformance")) { Headers = { { "X-Dashboard-Key", key } } };
        try
        {
            using var response = await client.SendAsync(request, cancellation);
            if (response.StatusCode != HttpStatusCode.OK)
                return Fail($"{url} answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellation)}{(response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? " Give the dashboard's key with --key ('nexus key show' prints it)." : "")}");
            var report = (await response.Content.ReadFromJsonAsync<ConformanceReport>(ApiFeature.Json, cancellation))!;
            Console.WriteLine(json ? JsonSerializer.Serialize(report, ApiFeature.Json) : Lines(report));
            return report.Failed == 0 ? 0 : 1;
        }
        catch (HttpRequestException error)
        {
            return Fail($"No Nexus answers at {url}: {error.Message}. Give the address of its dashboard with --url.");
        }
    }

    private static string Lines(ConformanceReport report) => string.Join('\n',
        report.Checks.Select(check => $"{(check.Passed ? "pass" : "FAIL")}\t{check.Name}\t{(check.Passed ? check.Clause : string.Join("; ", check.Problems))}")
            .Append(FormattableString.Invariant($"{report.Passed} passed, {report.Failed} failed, in {report.DurationMs / 1000.0:0.0} s ({report.Gateway}, version {report.Version})")));

    private static int Fail(string line)
    {
        Console.Error.WriteLine(line);
        return 1;
    }
}
