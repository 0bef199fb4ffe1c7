using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Tests.Infrastructure;
using Nexus.Web.Tests.Usage;
using Nexus.Web.Usage.Pricing;
using Xunit;

namespace Nexus.Web.Tests.Pages;

public sealed partial class PricePagesTests : IAsyncLifetime
{
    private FakeAnthropic _upstream = null!;
    private string _database = null!;
    private NexusApp _nexus = null!;
    private DashboardSession _session = null!;

    private PriceBook Prices => _nexus.Services.GetRequiredService<PriceBook>();

    public async Task InitializeAsync()
    {
        _upstream = await FakeAnthropic.StartAsync();
        _upstream.Replies("application/json", System.Text.Encoding.UTF8.GetBytes(Exchanges.Json("""{"input_tokens":1000,"output_tokens":100,"cache_read_input_tokens":5000}""", "claude-opus-5")));
        _database = await Postgres.NewDatabaseAsync();
        _nexus = await NexusApp.StartAsync(_upstream, _database);
        await _nexus.ReadyAsync();
        _session = await DashboardSession.StartAsync(_nexus);
    }

    public async Task DisposeAsync()
    {
        await _nexus.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task The_page_shows_the_prices_in_force_and_htmx_gets_the_parts_it_asks_for()
    {
        var page = await _session.PageAsync("/dashboard/prices");
        Assert.Contains("<code>claude-opus-4-[5678]</code>", page, StringComparison.Ordinal);
        Assert.Contains("before 2026-09-01", page, StringComparison.Ordinal);
        Assert.Contains("anything else", page, StringComparison.Ordinal);
        Assert.Contains("Prices that Nexus ships with.", page, StringComparison.Ordinal);
        const string Try = "/dashboard/prices?handler=try&model=claude-sonnet-5&at=2026-08-31T23:59&input=1000000&output=1000000&read=0&write5m=0&write1h=1000000";
        var tried = await _session.PageAsync(Try, htmx: true);
        Assert.DoesNotContain("<h1>", tried, StringComparison.Ordinal);
        Assert.Contains("$16.000000", tried, StringComparison.Ordinal);
        Assert.Contains("$24.000000", await _session.PageAsync(Try.Replace("2026-08-31", "2026-09-02", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("&#x27;many&#x27; is no number of tokens", await _session.PageAsync("/dashboard/prices?handler=try&model=x&input=many", htmx: true), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_is_edited_step_by_step_checked_and_saved_as_a_new_version_with_its_reason()
    {
        var fields = await FieldsAsync("/dashboard/prices/edit");
        var added = await PostAsync("/dashboard/prices/edit", [.. fields, new("do", "add")], htmx: true);
        Assert.Equal(13, Fields(added).Count(field => field.Key == "pattern"));
        Assert.DoesNotContain("<h1>", added, StringComparison.Ordinal);
        var down = Fields(await PostAsync("/dashboard/prices/edit", [.. fields, new("do", "down:0")], htmx: false));
        Assert.Equal("claude-opus-5", down.First(field => field.Key == "pattern").Value);

        var wrong = Fields(added).Select(field => field.Key == "pattern" && field.Value.Length == 0 ? new("pattern", "(") : field.Key == "input" && field.Value.Length == 0 ? new("input", "1,5") : field).ToList();
        var refused = WebUtility.HtmlDecode(await PostAsync("/dashboard/prices/edit", [.. wrong, new("do", "save")], htmx: true));
        Assert.Contains("Rule 1: '1,5' is no input price", refused, StringComparison.Ordinal);
        Assert.Equal(1, Prices.Newest!.Version);

        var right = wrong.Select(field => field.Value == "(" ? new("pattern", "llama-<3>") : field.Key != "pattern" && field.Key != "note" && (field.Value.Length == 0 || field.Value == "1,5") && field.Key is not ("from" or "until" or "above") ? new(field.Key, "1.25") : field.Key == "note" ? new("note", "A new <model>") : field).ToList();
        using (var response = await SendAsync("/dashboard/prices/edit", [.. right, new("do", "save")], htmx: true))
            Assert.Equal("/dashboard/prices?saved=2", response.Headers.GetValues("HX-Redirect").Single());
        Assert.Equal(("llama-<3>", 1_250_000L), (Prices.Newest!.Rules[0].Pattern, Prices.Newest.Rules[0].Price.Output));
        var page = await _session.PageAsync("/dashboard/prices?saved=2");
        Assert.Contains("Version 2 is in force.", page, StringComparison.Ordinal);
        Assert.Contains("llama-&lt;3&gt;: input $1.25", page, StringComparison.Ordinal);
        Assert.Contains("A new &lt;model&gt;", page, StringComparison.Ordinal);
        Assert.Equal(1, await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM audit_log WHERE action = 'prices.changed' AND actor <> '' AND details->>'note' = 'A new <model>'"));

        // Somebody who still has the form of version 1 open.
        Assert.Contains("while you edited version 1", await PostAsync("/dashboard/prices/edit", [.. fields.Where(field => field.Key != "note"), new("note", "late"), new("do", "save")], htmx: false), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_an_unsaved_change_would_cost_is_shown_beside_what_was_typed_and_nothing_is_saved(bool htmx)
    {
        await _session.RequestAsync();
        await _session.RequestAsync();
        await NexusApp.UntilAsync(async () => await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM requests WHERE cost_micros = 10000") == 2, "both are stored");
        await LedgerSums.NumberAsync(_database, "WITH old AS (SELECT id FROM requests LIMIT 1) UPDATE requests SET model_served = 'claude-haiku-4-5' FROM old WHERE requests.id = old.id; SELECT 1");
        var fields = await FieldsAsync("/dashboard/prices/edit");
        // 1000 × $15 + 100 × $25 + 5000 × $0.50 a million are $0.02, not $0.01.
        var at = fields.FindIndex(field => field is { Key: "pattern", Value: var value } && value.Contains("claude-opus-5", StringComparison.Ordinal));
        var input = fields.FindIndex(at, field => field.Key == "input");
        Assert.Equal("5", decimal.Parse(fields[input].Value, System.Globalization.CultureInfo.InvariantCulture).ToString("0.##", System.Globalization.CultureInfo.InvariantCulture));
        fields[input] = new("input", "15.00");
        var answer = WebUtility.HtmlDecode(await PostAsync("/dashboard/prices/edit", [.. fields.Where(field => field.Key != "note"), new("note", "typed so far"), new("do", "whatif")], htmx));
        Assert.Equal(!htmx, answer.Contains("<h1>", StringComparison.Ordinal));
        Assert.Contains("<strong>2</strong> requests of the last 30 days", answer, StringComparison.Ordinal);
        var row = WhatIfRow(answer, "claude-opus-5");
        Assert.Equal(["1", "1", "$0.01", "$0.02", "+$0.01"], row);
        Assert.Contains("15.00", Fields(answer).Where(field => field.Key == "input").Select(field => field.Value));
        Assert.Contains(new("note", "typed so far"), Fields(answer));
        Assert.Equal(1, (await _nexus.Services.GetRequiredService<PriceBook>().NewestAsync(CancellationToken.None))!.Version);
        Assert.Equal(0, await LedgerSums.NumberAsync(_database, "SELECT (SELECT count(*) FROM price_lists WHERE version > 1) + (SELECT count(*) FROM audit_log WHERE action LIKE 'prices.%') + (SELECT count(*) FROM requests WHERE cost_micros <> 10000 OR price_version <> 1)"));
    }

    [Fact]
    public async Task What_a_wrong_list_would_cost_is_not_worked_out()
    {
        var fields = await FieldsAsync("/dashboard/prices/edit");
        fields[fields.FindIndex(field => field.Key == "pattern")] = new("pattern", "(");
        var answer = WebUtility.HtmlDecode(await PostAsync("/dashboard/prices/edit", [.. fields, new("do", "whatif")], htmx: true));
        Assert.Contains("Nothing is saved yet.", answer, StringComparison.Ordinal);
        Assert.Contains("Rule 1: ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("What it would change", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_changed_without_the_form_s_token()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/dashboard/prices?handler=reprice") { Headers = { { "Cookie", _session.Cookie } }, Content = new FormUrlEncodedContent([new("from", "2026-01-01T00:00:00Z"), new("to", "2026-12-01T00:00:00Z")]) };
        using var response = await _nexus.Dashboard.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task A_change_is_previewed_and_re_priced_from_the_page()
    {
        await _session.RequestAsync();
        var newest = Prices.Newest!;
        await _nexus.Services.GetRequiredService<PriceLists>().SaveAsync(1, [.. newest.Rules.Select(rule => rule with { Price = new(rule.Price.Input * 2, rule.Price.Output * 2, rule.Price.CacheRead * 2, rule.Price.CacheWrite5m * 2, rule.Price.CacheWrite1h * 2) })], "double", new Actor("tester", null), CancellationToken.None);
        var now = DateTime.UtcNow;
        var preview = await _session.PageAsync($"/dashboard/prices?handler=preview&range=custom&from={now.AddHours(-1):yyyy-MM-ddTHH:mm}&to={now.AddHours(1):yyyy-MM-ddTHH:mm}", htmx: true);
        Assert.Contains("<strong>1</strong> requests are costed by other versions", preview, StringComparison.Ordinal);
        Assert.Contains("+$0.01", WebUtility.HtmlDecode(preview), StringComparison.Ordinal);
        var started = await PostAsync("/dashboard/prices?handler=reprice", [.. Fields(preview)], htmx: true);
        Assert.Contains("Re-pricing", started, StringComparison.Ordinal);
        await NexusApp.UntilAsync(async () => await LedgerSums.NumberAsync(_database, "SELECT coalesce(sum(cost_micros), 0)::bigint FROM requests WHERE price_version = 2") == 20_000, "the request is costed anew");
        await LedgerSums.AssertEqualRollupsAsync(_database);
        await NexusApp.UntilAsync(async () => (await _session.PageAsync("/dashboard/prices")).Contains("Last re-pricing: succeeded", StringComparison.Ordinal), "the page says that it is done");
        Assert.Equal(1, await LedgerSums.NumberAsync(_database, "SELECT count(*) FROM audit_log WHERE action = 'prices.reprice_requested'"));
    }

    [Fact]
    public async Task A_request_explains_its_cost_and_lists_show_it()
    {
        var id = await _session.RequestAsync();
        var page = WebUtility.HtmlDecode(await _session.PageAsync($"/dashboard/request/{id}"));
        Assert.Contains("price list 1", page, StringComparison.Ordinal);
        Assert.Contains("× $5.00", page, StringComparison.Ordinal);
        Assert.Contains("$0.010000", page, StringComparison.Ordinal);
        Assert.Contains("$0.01</span>", await _session.PageAsync("/dashboard/requests"), StringComparison.Ordinal);
        Assert.Contains("$0.01", await _session.PageAsync("/dashboard"), StringComparison.Ordinal);
        Assert.DoesNotContain("unpriced", await _session.PageAsync("/dashboard"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_without_a_price_raise_a_banner_that_leads_to_their_names()
    {
        _upstream.Replies("application/json", System.Text.Encoding.UTF8.GetBytes(Exchanges.Json("""{"input_tokens":1000,"output_tokens":100}""", "gpt-<oss>")));
        var id = await _session.RequestAsync();
        var overview = await _session.PageAsync("/dashboard");
        Assert.Contains("1 request with an unpriced model", overview, StringComparison.Ordinal);
        Assert.Contains("href=\"/dashboard/prices#unpriced\"", overview, StringComparison.Ordinal);
        Assert.Contains("<code>gpt-&lt;oss&gt;</code>", await _session.PageAsync("/dashboard/prices"), StringComparison.Ordinal);
        Assert.Contains("no rule names it", await _session.PageAsync($"/dashboard/request/{id}"), StringComparison.Ordinal);
        Assert.Contains("≈", WebUtility.HtmlDecode(await _session.PageAsync("/dashboard/requests")), StringComparison.Ordinal);
    }

    private async Task<List<KeyValuePair<string, string>>> FieldsAsync(string path) => Fields(await _session.PageAsync(path));

    /// <summary>The inputs of a form with their values, in order; the token is fetched anew when it is sent.</summary>
    private static List<KeyValuePair<string, string>> Fields(string page) =>
        [.. Input().Matches(page).Select(match => KeyValuePair.Create(Attribute(match.Value, "name"), Attribute(match.Value, "value"))).Where(field => field.Key.Length > 0 && field.Key != "__RequestVerificationToken")];

    private static string Attribute(string element, string name) => WebUtility.HtmlDecode(Regex.Match(element, $" {name}=\"([^\"]*)\"").Groups[1].Value);

    private async Task<string> PostAsync(string path, IEnumerable<KeyValuePair<string, string>> fields, bool htmx)
    {
        using var response = await SendAsync(path, fields, htmx);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode < 400, $"{path}: {(int)response.StatusCode} {body}");
        return body;
    }

    private async Task<HttpResponseMessage> SendAsync(string path, IEnumerable<KeyValuePair<string, string>> fields, bool htmx)
    {
        using var form = await _session.SendAsync("/dashboard/prices/edit");
        var token = Attribute(Input().Matches(await form.Content.ReadAsStringAsync()).Select(match => match.Value).First(input => input.Contains("name=\"__RequestVerificationToken\"", StringComparison.Ordinal) && input.Contains("value=", StringComparison.Ordinal)), "value");
        var antiforgery = form.Headers.GetValues("Set-Cookie").Single(value => value.StartsWith(".AspNetCore.Antiforgery", StringComparison.Ordinal)).Split(';')[0];
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Headers = { { "Cookie", $"{_session.Cookie}; {antiforgery}" } },
            Content = new FormUrlEncodedContent([.. fields, new("__RequestVerificationToken", token)]),
        };
        if (htmx)
            request.Headers.Add("HX-Request", "true");
        return await _nexus.Dashboard.SendAsync(request);
    }

    /// <summary>The cells of a model's row, without its name.</summary>
    private static string[] WhatIfRow(string page, string model)
    {
        var row = page[page.IndexOf($"<th scope=\"row\">{model}</th>", StringComparison.Ordinal)..];
        return [.. Regex.Matches(row[..row.IndexOf("</tr>", StringComparison.Ordinal)], "<td[^>]*>(.*?)</td>").Select(cell => Regex.Replace(cell.Groups[1].Value, "<[^>]*>", "").Trim())];
    }

    [GeneratedRegex("<input [^>]*>")]
    private static partial Regex Input();
}
