using Nexus.Web.Storage;
using Nexus.Web.Usage;
using Npgsql;

namespace Nexus.Web.Access.Limits;

/// <summary>The part of the rollups that a limit is about.</summary>
internal static class LimitUsage
{
    private static bool IsNamed(LimitRow limit) => limit.Scope != "all" && limit.Subject != "*";

    /// <summary>
    /// Reads bucket, subject, millionths of a dollar, tokens and requests, in order of time.
    /// </summary>
    public static NpgsqlCommand Command(LimitRow limit, DateTimeOffset from, DateTimeOffset until, RollupTier tier)
    {
        var column = limit.Scope switch { "key" => "key_id", "owner" => "owner", "domain" => "domain", _ => "''" };
        var whose = IsNamed(limit) ? $"AND {column} = $3" : limit.Scope == "all" ? "" : $"AND {column} <> ''";
        var command = new NpgsqlCommand($"""
            SELECT bucket, {column}, sum(cost_micros)::bigint, sum({LimitCounters.TokensSql})::bigint, sum(requests)::bigint
            FROM {tier.Table} WHERE bucket >= $1 AND bucket < $2 {whose} GROUP BY 1, 2 ORDER BY 1, 2
            """) { CommandTimeout = 120, Parameters = { new() { Value = from.ToUniversalTime() }, new() { Value = until.ToUniversalTime() } } };
        if (IsNamed(limit))
            command.Parameters.AddWithValue(limit.Subject);
        return command;
    }
}
