using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Nexus.Web.Tests.Infrastructure;

/// <summary>A little OpenID provider on Kestrel: discovery, keys, authorisation code with PKCE, userinfo. It lets in whoever comes, as <see cref="Claims"/> says.</summary>
internal sealed class FakeOpenId : IAsyncDisposable
{
    public const string ClientId = "nexus";
    public const string ClientSecret = "client-secret-of-nexus";
    private readonly WebApplication _app;
    private readonly RSA _key = RSA.Create(2048);
    private readonly RSA _forger = RSA.Create(2048);
    private readonly ConcurrentDictionary<string, (string Challenge, string Nonce, string RedirectUri)> _codes = new();
    private readonly ConcurrentDictionary<string, bool> _tokens = new();

    private FakeOpenId(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    /// <summary>Of the identity token.</summary>
    public Dictionary<string, object> Claims { get; } = new() { ["sub"] = "u-1", ["email"] = "ada@one.example", ["email_verified"] = true };

    /// <summary>Of the userinfo endpoint alone.</summary>
    public Dictionary<string, object> UserInfo { get; } = new() { ["sub"] = "u-1" };

    /// <summary>How long the token is good for; negative: it has expired.</summary>
    public TimeSpan Lasts { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Put in place of what the client sent, where set.</summary>
    public string? OtherState { get; set; }

    public string? OtherNonce { get; set; }

    public string? OtherIssuer { get; set; }

    public string? OtherAudience { get; set; }

    /// <summary>Whether the metadata names where to sign out.</summary>
    public bool SignsOut { get; set; }

    /// <summary>What the end-session endpoint was asked.</summary>
    public ConcurrentQueue<IReadOnlyDictionary<string, string>> Left { get; } = new();

    /// <summary>Answered in place of a code, where set.</summary>
    public string? Error { get; set; }

    /// <summary>Tokens are signed by a key that is not the provider's, under its name.</summary>
    public bool Forged { get; set; }

    /// <summary>What the authorisation endpoint was asked, as it came.</summary>
    public ConcurrentQueue<IReadOnlyDictionary<string, string>> Asked { get; } = new();

    public static async Task<FakeOpenId> StartAsync(string url = "http://127.0.0.1:0")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        var app = builder.Build();
        var provider = new FakeOpenId(app);
        app.MapGet("/.well-known/openid-configuration", provider.Discovery);
        app.MapGet("/jwks", provider.Keys);
        app.MapGet("/authorize", provider.Authorize);
        app.MapPost("/token", provider.TokenAsync);
        app.MapGet("/userinfo", provider.Information);
        app.MapGet("/leave", provider.Leave);
        await app.StartAsync();
        return provider;
    }

    public (string Name, string Value)[] Settings(params (string Name, string Value)[] more) =>
        [("OIDC_AUTHORITY", Url), ("OIDC_CLIENT_ID", ClientId), ("OIDC_CLIENT_SECRET", ClientSecret), ("OIDC_NAME", "Example ID"), .. more];

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _key.Dispose();
        _forger.Dispose();
    }

    private IResult Discovery() => Results.Json(new Dictionary<string, object>
    {
        ["issuer"] = Url,
        ["authorization_endpoint"] = Url + "/authorize",
        ["token_endpoint"] = Url + "/token",
        ["userinfo_endpoint"] = Url + "/userinfo",
        ["jwks_uri"] = Url + "/jwks",
        ["response_types_supported"] = new[] { "code" },
        ["subject_types_supported"] = new[] { "public" },
        ["id_token_signing_alg_values_supported"] = new[] { "RS256" },
        ["code_challenge_methods_supported"] = new[] { "S256" },
        [SignsOut ? "end_session_endpoint" : "x_none"] = Url + "/leave?realm=team",
    });

    private IResult Leave(HttpRequest request)
    {
        var asked = request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
        Left.Enqueue(asked);
        return Results.Redirect(asked["post_logout_redirect_uri"]);
    }

    private IResult Keys()
    {
        var key = _key.ExportParameters(false);
        return Results.Json(new { keys = new[] { new { kty = "RSA", use = "sig", alg = "RS256", kid = "1", n = Base64UrlEncoder.Encode(key.Modulus), e = Base64UrlEncoder.Encode(key.Exponent) } } });
    }

    private IResult Authorize(HttpRequest request)
    {
        var asked = request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
        Asked.Enqueue(asked);
        if (asked["client_id"] != ClientId || asked["response_type"] != "code" || asked["code_challenge_method"] != "S256" || !asked["scope"].Split(' ').Contains("openid"))
            return Results.BadRequest("this is no authorisation request with PKCE");
        var state = OtherState ?? asked["state"];
        if (Error is { } error)
            return Results.Redirect(asked["redirect_uri"] + new QueryBuilder { { "error", error }, { "state", state } });
        var code = Guid.NewGuid().ToString("N");
        _codes[code] = (asked["code_challenge"], OtherNonce ?? asked["nonce"], asked["redirect_uri"]);
        return Results.Redirect(asked["redirect_uri"] + new QueryBuilder { { "code", code }, { "state", state } });
    }

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        var good = form["grant_type"] == "authorization_code" && form["client_id"] == ClientId && form["client_secret"] == ClientSecret
            && _codes.TryRemove(form["code"].ToString(), out var known) && known.RedirectUri == form["redirect_uri"]
            && Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString()))) == known.Challenge
            ? known.Nonce : null;
        if (good is null)
            return Results.Json(new { error = "invalid_grant" }, statusCode: 400);
        var access = Guid.NewGuid().ToString("N");
        _tokens[access] = true;
        var now = DateTime.UtcNow;
        var token = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = OtherIssuer ?? Url,
            Audience = OtherAudience ?? ClientId,
            IssuedAt = now.AddMinutes(-60),
            NotBefore = now.AddMinutes(-60),
            Expires = now + Lasts,
            Claims = Claims.Append(new("nonce", good)).ToDictionary(),
            SigningCredentials = new(new RsaSecurityKey(Forged ? _forger : _key) { KeyId = "1" }, SecurityAlgorithms.RsaSha256),
        });
        return Results.Json(new { access_token = access, token_type = "Bearer", expires_in = 300, id_token = token });
    }

    private IResult Information(HttpRequest request) =>
        _tokens.ContainsKey(request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal)) ? Results.Text(JsonSerializer.Serialize(UserInfo), "application/json") : Results.Unauthorized();
}
