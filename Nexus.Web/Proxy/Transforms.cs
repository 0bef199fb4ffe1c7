using Microsoft.AspNetCore.Http.Features;
using Nexus.Web.Credentials;
using Nexus.Web.Credentials.OAuth;
using Nexus.Web.Proxy.Pooling;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Nexus.Web.Proxy;

/// <summary>What changes on the way: the credential upstream, and the tee on the way back. Nothing else is added or taken.</summary>
internal static class Transforms
{
    public static void Add(TransformBuilderContext builder)
    {
        builder.UseDefaultForwarders = false; // no X-Forwarded-*
        var results = builder.Services.GetRequiredService<ResultsUrls>();
        var gate = builder.Services.GetRequiredService<AnswerGate>();
        var answers = builder.Services.GetRequiredService<Answers>();
        builder.AddRequestTransform(context =>
        {
            // The upstream's own host, from its URL: the caller's Host names a tenant of ours.
            context.ProxyRequest.Headers.Host = null;
            context.ProxyRequest.Headers.Remove("x-dashboard-key");
            KeepTarget(context);
            foreach (var name in NamedByConnection(context.HttpContext.Request.Headers.Connection, context.ProxyRequest.Headers.NonValidated.Select(header => header.Key)))
                context.ProxyRequest.Headers.Remove(name);
            var request = ProxiedRequest.Of(context.HttpContext);
            request.Caller?.Presented?.RemoveFrom(context.ProxyRequest.Headers);
            if (request.Account is { } account)
                request.ShownSecret = Pay(context.ProxyRequest.Headers, account);
            if (results.Applies(context.HttpContext.Request))
                ResultsUrls.AskForIdentity(context.ProxyRequest.Headers);
            return default;
        });
        builder.AddResponseTransform(async context =>
        {
            if (context.ProxyResponse is not { } answer)
                return;
            if (answer.Headers.NonValidated.TryGetValues("Connection", out var connection))
                foreach (var name in NamedByConnection(connection, context.HttpContext.Response.Headers.Keys))
                    context.HttpContext.Response.Headers.Remove(name);
            var request = ProxiedRequest.Of(context.HttpContext);
            context.SuppressResponseBody = request.Pool is not null && await gate.HoldsAsync(context.HttpContext, request, answer, context.CancellationToken);
            if (context.SuppressResponseBody)
                return;
            if (request is { Pool: null, Account: { } account })
                gate.Saw(context.HttpContext, request, account, answer);
            await answers.TakeAsync(context.HttpContext, answer, context.CancellationToken);
        });
    }

    /// <summary>
    /// The target as the caller wrote it: YARP would escape what Kestrel does not unescape, and a query's rarer characters. A
    /// target with dot segments stays as Kestrel resolved it, since that is the one that was admitted; and where an operator's
    /// own route changes path or query, its word stands.
    /// </summary>
    private static void KeepTarget(RequestTransformContext context)
    {
        var request = context.HttpContext.Request;
        var target = context.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/') || Climbs(target) || context.Path != request.Path || context.Query.QueryString != request.QueryString)
            return;
        context.ProxyRequest.RequestUri = new Uri(context.DestinationPrefix.TrimEnd('/') + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
    }

    private static bool Climbs(string target)
    {
        var path = target.IndexOf('?', StringComparison.Ordinal) is var query and >= 0 ? target[..query] : target;
        // Most targets have no dot behind a slash, escaped or not.
        return (path.Contains("/.", StringComparison.Ordinal) || path.Contains("%2e", StringComparison.OrdinalIgnoreCase))
            && path.Split('/').Any(segment => Uri.UnescapeDataString(segment) is "." or "..");
    }

    /// <summary>The headers that a <c>Connection</c> header names belong to that connection alone (RFC 9110, 7.6.1).</summary>
    private static List<string> NamedByConnection(IEnumerable<string?> connection, IEnumerable<string> names)
    {
        var named = connection.SelectMany(line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Where(token => !token.Equals("keep-alive", StringComparison.OrdinalIgnoreCase) && !token.Equals("close", StringComparison.OrdinalIgnoreCase)).ToList();
        return named.Count == 0 ? [] : [.. names.Where(name => named.Contains(name, StringComparer.OrdinalIgnoreCase))];
    }

    /// <summary>Puts the account's credential in place of the caller's; returns it, since the next read may give its successor.</summary>
    public static string Pay(System.Net.Http.Headers.HttpRequestHeaders headers, Account account)
    {
        headers.Remove("Authorization");
        headers.Remove("x-api-key");
        var secret = account.Secret;
        // The header goes by the kind of the secret, whichever one the caller used.
        if (account.Kind == AccountKind.ApiKey && !secret.StartsWith("sk-ant-oat", StringComparison.Ordinal))
        {
            headers.TryAddWithoutValidation("x-api-key", secret);
            return secret;
        }

        headers.TryAddWithoutValidation("Authorization", "Bearer " + secret);
        var betas = headers.NonValidated.TryGetValues("anthropic-beta", out var sent) ? sent.SelectMany(line => line.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)) : [];
        var merged = string.Join(",", betas.Prepend(OAuthClient.Beta).Distinct());
        headers.Remove("anthropic-beta");
        headers.TryAddWithoutValidation("anthropic-beta", merged);
        return secret;
    }
}
