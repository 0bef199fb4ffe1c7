using Nexus.Web.Storage;

namespace Nexus.Web.Access.Limits;

/// <summary>The part of the rollups that a limit is about.</summary>
internal static class LimitUsage
{
    public static bool IsNamed(LimitRow limit) => limit.Scope != "all" && limit.Subject != "*";

    /// <summary>
    /// Quarter of an hour, subject, millionths of a dollar, tokens and requests, in order of time. The subject of a limit that
    /// names one is the last parameter.
    /// </summary>
    public static string Sql(LimitRow limit, string when)
    {
        var column = limit.Scope switch { "key" => "key_id", "owner" => "owner", "domain" => "domain", _ => "''" };
        var whose = IsNamed(limit) ? $"AND {column} = $2" : limit.Scope == "all" ? "" : $"AND {column} <> ''";
        return $"""
            SELECT bucket, {column}, sum(cost_micros)::bigint, sum({LimitCounters.TokensSql})::bigint, sum(requests)::bigint
            FROM usage_15m WHERE {when} {whose} GROUP BY 1, 2 ORDER BY 1, 2
            """;
    }
}
