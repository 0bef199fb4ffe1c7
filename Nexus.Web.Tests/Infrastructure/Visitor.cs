using System.Net;
using System.Text.RegularExpressions;
using Xunit;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>Somebody at a browser without a screen: keeps cookies, and follows to where it is sent when told to.</summary>
internal sealed partial class Visitor : IDisposable
{
    public const string Header = "X-Auth-Request-Email";
    private readonly HttpClient _client;
    private readonly string? _name;

    private Visitor(Uri dashboard, string? name, bool follows)
    {
        _name = name;
        _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = follows, CookieContainer = Cookies }) { BaseAddress = dashboard };
    }

    public CookieContainer Cookies { get; } = new();

    /// <summary>What makes roles by the single sign-on of a proxy: this test is the proxy.</summary>
    public static (string Name, string Value)[] SingleSignOn(string roles, params (string Name, string Value)[] more) =>
        [("TRUSTED_PROXIES", "127.0.0.1"), ("DASHBOARD_SSO_HEADERS", Header), ("DASHBOARD_ROLES", roles), .. more];

    public static Visitor Of(NexusApp nexus, string? name = null, bool follows = false) => new(nexus.Dashboard.BaseAddress!, name, follows);

    /// <summary>Somebody whom the proxy vouches for, signed in.</summary>
    /// <param name="agent">The browser's name: the same person with the same one has one session.</param>
    public static async Task<Visitor> EnterAsync(NexusApp nexus, string name, string? agent = null)
    {
        var visitor = Of(nexus, name);
        if (agent is not null)
            visitor._client.DefaultRequestHeaders.UserAgent.ParseAdd(agent);
        using var answer = await visitor.GetAsync("/dashboard/login");
        Assert.Equal("/dashboard", answer.Headers.Location?.ToString());
        return visitor;
    }

    /// <summary>Somebody with the key, signed in.</summary>
    public static async Task<Visitor> WithKeyAsync(NexusApp nexus)
    {
        var visitor = Of(nexus);
        using var answer = await visitor.PostAsync("/dashboard/login", "/dashboard/login", ("key", NexusApp.Key));
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        return visitor;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (_name is not null)
            request.Headers.Add(Header, _name);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, null, headers);

    public async Task<HttpStatusCode> StatusAsync(string path)
    {
        using var answer = await GetAsync(path);
        return answer.StatusCode;
    }

    /// <summary>The whole page, which must be there.</summary>
    public async Task<string> PageAsync(string path)
    {
        using var answer = await GetAsync(path);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {(int)answer.StatusCode} {answer.Headers.Location} {body}");
        return body;
    }

    /// <summary>The token that a page has for its forms.</summary>
    public async Task<string> TokenAsync(string page)
    {
        using var form = await GetAsync(page);
        return Token().Match(await form.Content.ReadAsStringAsync()).Groups[1].Value;
    }

    /// <summary>Sends a form with the token of a page.</summary>
    public async Task<HttpResponseMessage> PostAsync(string page, string path, params (string Name, string Value)[] fields) =>
        await SendAsync(HttpMethod.Post, path, new FormUrlEncodedContent([.. fields.Select(field => KeyValuePair.Create(field.Name, field.Value)), new("__RequestVerificationToken", await TokenAsync(page))]));

    public void Dispose() => _client.Dispose();

    [GeneratedRegex("name=\"__RequestVerificationToken\"(?: type=\"hidden\")? value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
