using System.Text.Json;
using Nexus.Web.Access;
using Nexus.Web.Access.Keys;
using Nexus.Web.Capture;
using Nexus.Web.Operations.Audit;

namespace Nexus.Web.Api;

/// <summary>/api/keys, and what is kept of a domain's requests.</summary>
internal static class KeyEndpoints
{
    public static void MapKeys(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("").AddEndpointFilter(ProblemsAsync);
        group.MapGet("/keys", async (ClientKeys keys, TimeProvider time, string? domain, string? owner, string? state, CancellationToken cancellation) =>
        {
            var lines = await KeyLine.ListAsync(keys, time.GetUtcNow(), cancellation);
            return Results.Json(new { keys = lines.Where(line => (domain is null || line.Domain == domain) && (owner is null || line.Owner == owner) && (state is null || line.State == state)) }, ApiFeature.Json);
        });
        group.MapPost("/keys", async (HttpContext context, ClientKeys keys, TimeProvider time, CancellationToken cancellation) =>
        {
            var body = await ReadAsync<KeyBody>(context, cancellation);
            var (row, key) = await keys.CreateAsync(body.ToRequest(null), Actor.Of(context), cancellation);
            return Results.Json(new { key, details = KeyLine.Of(row, time.GetUtcNow()) }, ApiFeature.Json, statusCode: 201);
        });
        group.MapPatch("/keys/{id}", async (string id, HttpContext context, ClientKeys keys, TimeProvider time, CancellationToken cancellation) =>
        {
            var body = await ReadAsync<KeyBody>(context, cancellation);
            return await keys.EditAsync(id, body.ToRequest, Actor.Of(context), cancellation) is { } row ? Results.Json(KeyLine.Of(row, time.GetUtcNow()), ApiFeature.Json) : Unknown(id);
        });
        group.MapPost("/keys/{id}/rotate", async (string id, HttpContext context, ClientKeys keys, TimeProvider time, CancellationToken cancellation) =>
        {
            var body = await ReadAsync<RotateBody>(context, cancellation);
            return await keys.RotateAsync(id, body.OldKeyEndsAt ?? time.GetUtcNow().AddDays(1), Actor.Of(context), cancellation) is var (row, key)
                ? Results.Json(new { key, details = KeyLine.Of(row, time.GetUtcNow()) }, ApiFeature.Json, statusCode: 201)
                : Unknown(id);
        });
        group.MapDelete("/keys/{id}", async (string id, HttpContext context, ClientKeys keys, TimeProvider time, CancellationToken cancellation) =>
            await keys.RevokeAsync(id, Actor.Of(context), cancellation) is { } row ? Results.Json(KeyLine.Of(row, time.GetUtcNow()), ApiFeature.Json) : Unknown(id));
        group.MapPut("/domains/{domain}/capture", async (string domain, HttpContext context, DomainCapture domains, CancellationToken cancellation) =>
        {
            var body = await ReadAsync<CaptureBody>(context, cancellation);
            await domains.SetAsync(domain, KeyBody.Level(body.Level), body.Reason, Actor.Of(context), cancellation);
            return Results.NoContent();
        });
    }

    private static async Task<T> ReadAsync<T>(HttpContext context, CancellationToken cancellation)
        where T : new()
    {
        if (context.Request.ContentLength is 0 || (context.Request.ContentLength is null && !context.Request.HasJsonContentType()))
            return new T();
        if (!context.Request.HasJsonContentType())
            throw new KeyProblemException(["body: send JSON (content-type: application/json)"]);
        try
        {
            return await context.Request.ReadFromJsonAsync<T>(cancellation) ?? new T();
        }
        catch (JsonException error)
        {
            throw new KeyProblemException([$"body: {error.Path ?? "it"} is not what is expected here"]);
        }
    }

    private static async ValueTask<object?> ProblemsAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (KeyProblemException error)
        {
            return Results.Json(new { error = "Invalid parameters", details = error.Problems }, statusCode: 400);
        }
    }

    private static IResult Unknown(string id) => Results.Json(new { error = $"There is no key '{id}'" }, statusCode: 404);
}

/// <summary>A key to be made, or what is to change of one: what is not named stays.</summary>
internal sealed record KeyBody
{
    public string? Name { get; init; }
    public string? Owner { get; init; }
    public string? Domain { get; init; }
    public string[]? AllowedModels { get; init; }

    /// <summary>A level, or <c>inherit</c> for the domain's.</summary>
    public string? Capture { get; init; }

    public string? CaptureReason { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>True takes an expiry away.</summary>
    public bool NeverExpires { get; init; }

    public KeyRequest ToRequest(Storage.ClientKeyRow? row)
    {
        if (row is not null && Domain is not null && Domain != row.Domain)
            throw new KeyProblemException([$"domain: a key is made for one host and stays there ({row.Domain}); make a new one"]);
        return new(
            Name ?? row?.Name ?? "", Owner ?? row?.Owner ?? "", Domain ?? row?.Domain ?? "", AllowedModels ?? row?.AllowedModels ?? [],
            Capture is null ? CaptureLevels.TryParse(row?.Capture) : Level(Capture), CaptureReason ?? row?.CaptureReason, NeverExpires ? null : ExpiresAt ?? row?.ExpiresAt);
    }

    public static CaptureLevel? Level(string? text) => text is null or "inherit" ? null
        : CaptureLevels.TryParse(text) ?? throw new KeyProblemException([$"capture: '{text}' is not one of {string.Join(", ", CaptureLevels.All)}, inherit"]);
}

internal sealed record RotateBody
{
    /// <summary>Without: in a day.</summary>
    public DateTimeOffset? OldKeyEndsAt { get; init; }
}

internal sealed record CaptureBody
{
    /// <summary>A level, or <c>inherit</c> for the default.</summary>
    public string? Level { get; init; }

    public string? Reason { get; init; }
}
