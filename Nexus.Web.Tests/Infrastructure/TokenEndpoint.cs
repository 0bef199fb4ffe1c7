using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>A token endpoint that rotates refresh tokens as Anthropic's does: each is good once. The first is <c>refresh-0</c>.</summary>
internal sealed class TokenEndpoint : IAsyncDisposable
{
    private readonly FakeAnthropic _server;
    private int _given;

    private TokenEndpoint(FakeAnthropic server)
    {
        _server = server;
        server.Answer = AnswerAsync;
    }

    public string Url => _server.Url + "/v1/oauth/token";

    public ConcurrentQueue<Received> Requests => _server.Requests;

    /// <summary>The refresh token that is good now.</summary>
    public string Good { get; set; } = "refresh-0";

    /// <summary>Seconds that given tokens are good for.</summary>
    public int ExpiresIn { get; set; } = 3600;

    /// <summary>Held before each answer.</summary>
    public Func<Task> Before { get; set; } = () => Task.CompletedTask;

    /// <summary>Answered instead, while it is set.</summary>
    public int? Failure { get; set; }

    public static async Task<TokenEndpoint> StartAsync() => new(await FakeAnthropic.StartAsync());

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        await Before();
        var asked = JsonNode.Parse(context.Features.Get<Received>()!.Body)!;
        var isCode = (string?)asked["grant_type"] == "authorization_code";
        context.Response.ContentType = "application/json";
        if (Failure is { } failure)
        {
            context.Response.StatusCode = failure;
            await context.Response.WriteAsync("""{"type":"error","error":{"type":"api_error","message":"not now"}}""");
        }
        else if (!isCode && (string?)asked["refresh_token"] != Good)
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync("""{"error":"invalid_grant","error_description":"Refresh token not found or invalid"}""");
        }
        else
        {
            var number = Interlocked.Increment(ref _given);
            Good = $"refresh-{number}";
            context.Response.StatusCode = 200;
            await context.Response.WriteAsync(JsonSerializer.Serialize(new { access_token = $"access-{number}", refresh_token = Good, expires_in = ExpiresIn, scope = "user:profile user:inference" }));
        }
    }

    /// <summary>A credential file whose token ends in so many seconds.</summary>
    public static string File(int endsIn, string refresh = "refresh-0", string access = "access-0", string more = "") =>
        $$$"""{"type":"oauth","accountId":"acc_login","client_api_key":"cnp_live_k"{{{more}}},"oauth":{"accessToken":"{{{access}}}","refreshToken":"{{{refresh}}}","expiresAt":{{{DateTimeOffset.UtcNow.AddSeconds(endsIn).ToUnixTimeMilliseconds()}}},"scopes":["user:inference"],"isMax":true}}""";
}
