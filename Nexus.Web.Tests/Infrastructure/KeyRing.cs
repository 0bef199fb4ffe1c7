using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Nexus.Web.Access.Keys;
using Nexus.Web.Operations.Audit;
using Nexus.Web.Storage;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>Makes and uses managed keys of a running Nexus.</summary>
internal static class KeyRing
{
    public static Actor Tester { get; } = new("tester", "192.0.2.7");

    public static async Task<T> WithKeysAsync<T>(this NexusApp nexus, Func<ClientKeys, Task<T>> act)
    {
        await using var scope = nexus.Services.CreateAsyncScope();
        return await act(scope.ServiceProvider.GetRequiredService<ClientKeys>());
    }

    /// <summary>Makes a key and waits until this node knows it.</summary>
    public static async Task<(ClientKeyRow Row, string Key)> NewKeyAsync(this NexusApp nexus, KeyRequest? request = null)
    {
        var made = await nexus.WithKeysAsync(keys => keys.CreateAsync(request ?? KeyOf(), Tester, CancellationToken.None));
        await nexus.KnowsAsync(made.Key);
        return made;
    }

    public static Task KnowsAsync(this NexusApp nexus, string key) =>
        NexusApp.UntilAsync(() => Task.FromResult(nexus.Services.GetRequiredService<AccessState>().Known?.Find(key) is not null), "the key is known");

    public static KeyRequest KeyOf(string domain = "team.example.com", params string[] models) => new("laptop", "ada", domain, models);

    /// <summary>Sends a message; the answer belongs to the caller.</summary>
    public static async Task<HttpResponseMessage> AskAsync(this NexusApp nexus, string host, string? bearer = null, string? apiKey = null, string body = """{"model":"claude-opus-5","messages":[{"role":"user","content":"Hi"}]}""", string path = "/v1/messages", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"), Headers = { Host = host } };
        if (bearer is not null)
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + bearer);
        if (apiKey is not null)
            request.Headers.TryAddWithoutValidation("x-api-key", apiKey);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await nexus.Proxy.SendAsync(request);
    }

    public static async Task<HttpStatusCode> StatusAsync(this NexusApp nexus, string host, string? bearer = null, string? apiKey = null)
    {
        using var response = await nexus.AskAsync(host, bearer, apiKey);
        return response.StatusCode;
    }
}
