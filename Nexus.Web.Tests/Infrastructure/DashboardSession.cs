using System.Net;
using System.Text.RegularExpressions;
using Xunit;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>A viewer who has logged in, without a browser.</summary>
internal sealed partial class DashboardSession(NexusApp nexus, string cookie)
{
    public string Cookie => cookie;

    public static async Task<DashboardSession> StartAsync(NexusApp nexus)
    {
        using var response = await LogInAsync(nexus, NexusApp.Key);
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        return new(nexus, response.Headers.GetValues("Set-Cookie").Single(value => value.StartsWith("nexus_session=", StringComparison.Ordinal)).Split(';')[0]);
    }

    public static async Task<HttpResponseMessage> LogInAsync(NexusApp nexus, string key)
    {
        using var form = await nexus.Dashboard.GetAsync("/dashboard/login");
        var token = Token().Match(await form.Content.ReadAsStringAsync()).Groups[1].Value;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/dashboard/login") { Content = new FormUrlEncodedContent([new("key", key), new("__RequestVerificationToken", token)]) };
        request.Headers.Add("Cookie", form.Headers.GetValues("Set-Cookie").Select(value => value.Split(';')[0]));
        return await nexus.Dashboard.SendAsync(request);
    }

    public async Task<HttpResponseMessage> SendAsync(string path, bool htmx = false, string? zone = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Cookie", zone is null ? cookie : $"{cookie}; nexus_zone={Uri.EscapeDataString(zone)}" } } };
        if (htmx)
            request.Headers.Add("HX-Request", "true");
        return await nexus.Dashboard.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async Task<string> PageAsync(string path, bool htmx = false, string? zone = null)
    {
        using var response = await SendAsync(path, htmx, zone);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {body}");
        return body;
    }

    /// <summary>Sends a form of a page, with the page's token; what is answered, empty for a redirect.</summary>
    public async Task<string> PostAsync(string page, string path, bool htmx, params (string Name, string Value)[] fields)
    {
        using var form = await SendAsync(page);
        var token = Token().Match(await form.Content.ReadAsStringAsync()).Groups[1].Value;
        var antiforgery = form.Headers.GetValues("Set-Cookie").Single(value => value.StartsWith(".AspNetCore.Antiforgery", StringComparison.Ordinal)).Split(';')[0];
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Headers = { { "Cookie", $"{cookie}; {antiforgery}" } }, Content = new FormUrlEncodedContent([.. fields.Select(field => KeyValuePair.Create(field.Name, field.Value)), new("__RequestVerificationToken", token)]) };
        if (htmx)
            request.Headers.Add("HX-Request", "true");
        using var response = await nexus.Dashboard.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode < 400, $"{path}: {(int)response.StatusCode} {body}");
        return body;
    }

    /// <summary>Sends a message through the proxy and waits until it is in the ledger.</summary>
    public async Task<string> RequestAsync(string body = """{"model":"claude-opus-5","messages":[{"role":"user","content":"Hi"}]}""", string host = "one.example")
    {
        var id = await nexus.MessageAsync(body, host);
        await NexusApp.UntilAsync(async () =>
        {
            using var response = await SendAsync($"/dashboard/request/{id}");
            return response.IsSuccessStatusCode;
        }, $"request {id} is in the ledger");
        return id;
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\"(?: type=\"hidden\")? value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
