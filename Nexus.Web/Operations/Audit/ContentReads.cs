using Nexus.Web.Access.Roles;

namespace Nexus.Web.Operations.Audit;

/// <summary>What the audit log calls a request that showed content, was an export, or used Hangfire's console.</summary>
internal static class ContentReads
{
    /// <summary>By the endpoint and its route's values: routing takes addresses in any case of letters, with a slash behind them, and ids in any form.</summary>
    public static (string Action, string Subject)? Of(HttpContext context)
    {
        var (rule, request) = (RoleTable.Of(context.GetEndpoint()), context.Request);
        if (!HttpMethods.IsGet(request.Method))
            return rule.Route == "jobs/{**path}" && Value(request, "path") is var path && !path.StartsWith("stats", StringComparison.OrdinalIgnoreCase) ? ("jobs.console", path) : null;
        return rule.Route switch
        {
            "dashboard/logs" => request.Query["handler"].ToString().ToUpperInvariant() is "EXPORT" or "DAY" ? ("export.made", "log") : null,
            "api/export/{what}" => ("export.made", Value(request, "what").ToLowerInvariant()),
            "api/export/conversations" => ("export.made", "conversations"),
            "api/analyses/{conversationId}/{branchId}" => ("content.viewed", "analysis of conversation " + Id(request)),
            _ => rule.Content switch
            {
                ContentOf.Request => ("content.viewed", "request " + Id(request)),
                ContentOf.Conversation => ("content.viewed", "conversation " + Id(request)),
                ContentOf.Pair when Guid.TryParse(request.Query["left"], out var left) && Guid.TryParse(request.Query["right"], out var right) => ("content.viewed", $"requests {left} {right}"),
                _ => null,
            },
        };
    }

    private static string Id(HttpRequest request)
    {
        var text = Value(request, "id") is { Length: > 0 } id ? id : Value(request, "conversationId");
        return Guid.TryParse(text, out var known) ? known.ToString() : text;
    }

    private static string Value(HttpRequest request, string name) => request.RouteValues[name]?.ToString() ?? "";
}
