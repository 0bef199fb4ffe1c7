using System.Globalization;
using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Nexus.Web.Access.Roles;
using Nexus.Web.Operations.Metrics;

namespace Nexus.Web.Access;

/// <summary>Endpoint metadata: METRICS_TOKEN opens it as the dashboard key does.</summary>
internal sealed record TakesMetricsToken;

/// <summary>Slows the guessing of the dashboard key in headers. Programs share addresses, and one with an old key tries it often.</summary>
internal sealed class HeaderGuesses(TimeProvider time)
{
    public const int Free = 20;

    private readonly LoginThrottle _throttle = new(time, Free);

    /// <summary>A right key always passes: one program with an old key must not lock out the others at its address.</summary>
    /// <param name="wait">How long the address has to wait, after too many wrong keys; null when this one was just wrong.</param>
    public bool Matches(DashboardKey key, string given, IPAddress? address, out TimeSpan? wait)
    {
        var right = key.Matches(given);
        wait = right ? null : _throttle.Begin(address);
        return right;
    }
}

/// <summary>The dashboard key in X-Dashboard-Key, X-API-Key or as a Bearer token. Missing: 401; wrong: 403 (spec §6.1).</summary>
internal sealed class DashboardKeyHandler(DashboardKey key, HeaderGuesses guesses, IOptions<MetricsOptions> metrics, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "DashboardKey";
    private TimeSpan? _wait;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Given(Request.Headers) is not { Length: > 0 } given)
            return Task.FromResult(AuthenticateResult.NoResult());
        var metricsOnly = IsMetricsToken(given);
        if (!metricsOnly && !guesses.Matches(key, given, Context.Connection.RemoteIpAddress, out _wait))
            return Task.FromResult(AuthenticateResult.Fail(_wait is null ? "The dashboard key is wrong." : "Too many wrong keys came from this address."));
        var role = metricsOnly ? Role.Viewer : Role.Administrator;
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "api key"), new Claim(SignedIn.RoleClaim, role.ToText()), new Claim(SignedIn.WayClaim, "header")], Scheme.Name);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (_wait is { } wait)
        {
            var seconds = (int)Math.Ceiling(wait.TotalSeconds);
            Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            Response.StatusCode = StatusCodes.Status429TooManyRequests;
            await Response.WriteAsJsonAsync(new { error = new { code = "too_many_wrong_keys", message = string.Create(CultureInfo.InvariantCulture, $"Too many wrong keys came from this address. The next one is looked at in {seconds} s.") } });
            return;
        }

        var missing = string.IsNullOrEmpty(Given(Request.Headers));
        if (missing && Context.GetEndpoint() is null && Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
        {
            // A mistyped address in a browser, which has no key to give: there is nothing, for nobody.
            Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

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
