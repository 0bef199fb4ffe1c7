using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Nexus.Web.Operations.Metrics;

namespace Nexus.Web.Access;

/// <summary>Endpoint metadata: METRICS_TOKEN opens it as the dashboard key does.</summary>
internal sealed record TakesMetricsToken;

/// <summary>The dashboard key in X-Dashboard-Key, X-API-Key or as a Bearer token. Missing: 401; wrong: 403 (spec §6.1).</summary>
internal sealed class DashboardKeyHandler(DashboardKey key, IOptions<MetricsOptions> metrics, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "DashboardKey";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Given(Request.Headers) is not { Length: > 0 } given)
            return Task.FromResult(AuthenticateResult.NoResult());
        if (!key.Matches(given) && !IsMetricsToken(given))
            return Task.FromResult(AuthenticateResult.Fail("The dashboard key is wrong."));
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "api key")], Scheme.Name);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var missing = string.IsNullOrEmpty(Given(Request.Headers));
        if (!missing)
            Context.RequestServices.GetRequiredService<AuthFailures>().Add();
        Response.StatusCode = missing ? StatusCodes.Status401Unauthorized : StatusCodes.Status403Forbidden;
        await Response.WriteAsJsonAsync(missing
            ? new { error = new { code = "unauthorized", message = "API key required" } }
            : new { error = new { code = "forbidden", message = "Invalid API key" } });
    }

    private bool IsMetricsToken(string given) =>
        metrics.Value.Token is { Length: > 0 } token && Context.GetEndpoint()?.Metadata.GetMetadata<TakesMetricsToken>() is not null && Secrets.Same(given, token);

    private static string? Given(IHeaderDictionary headers)
    {
        foreach (var name in new[] { "X-API-Key", "X-Dashboard-Key" })
            if (headers[name].ToString() is { Length: > 0 } value)
                return value;
        var authorization = headers.Authorization.ToString();
        return authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? authorization[7..].Trim() : null;
    }
}
