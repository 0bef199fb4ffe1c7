using System.Text.Json.Nodes;
using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Nexus.Web.Usage;

/// <summary>Calls of one tool in one answer.</summary>
internal readonly record struct ToolCalls(string Tool, int Calls);

/// <summary>Adds tool calls up by quarter of an hour and tool (table <c>usage_tools_15m</c>).</summary>
internal static class ToolRollups
{
    /// <summary>Further tools of one answer count as <see cref="Others"/>: names come from outside.</summary>
    private const int MostTools = 32;

    private const string Others = "(others)";
    private const int LongestName = 128;

    /// <summary>The <c>tool_use</c> blocks of an answer by name; tools that Anthropic runs itself are not counted.</summary>
    public static IReadOnlyList<ToolCalls> Of(JsonObject? message)
    {
        if (message?["content"] is not JsonArray blocks)
            return [];
        List<ToolCalls>? tools = null;
        foreach (var block in blocks)
        {
            if (MessageAssembler.Text(block, "type") != "tool_use" || PlainText.Clean(MessageAssembler.Text(block, "name"), LongestName) is not { Length: > 0 } name)
                continue;
            tools ??= [];
            var place = tools.FindIndex(tool => tool.Tool == name);
            if (place < 0 && tools.Count >= MostTools)
                place = tools.FindIndex(tool => tool.Tool == (name = Others));
            if (place < 0)
                tools.Add(new(name, 1));
            else
                tools[place] = tools[place] with { Calls = tools[place].Calls + 1 };
        }

        return tools ?? [];
    }

    /// <summary>Sorted by key, so that two nodes take their locks in the same order.</summary>
    public static List<ToolUsageRow> Of(IEnumerable<(LedgerRow Row, IReadOnlyList<ToolCalls> Tools)> answers)
    {
        var sums = new SortedDictionary<(DateTimeOffset Bucket, string Domain, string Key, string Owner, string Tool), long>(Comparer<(DateTimeOffset, string, string, string, string)>.Create(Compare));
        foreach (var (row, tools) in answers)
            foreach (var (tool, calls) in tools)
            {
                var key = (TimeBuckets.StartOf(row.StartedAt, TimeSpan.FromMinutes(15)), row.Domain, row.KeyId ?? "", row.Owner ?? "", tool);
                sums[key] = sums.GetValueOrDefault(key) + calls;
            }

        return [.. sums.Select(sum => new ToolUsageRow { Bucket = sum.Key.Bucket, Domain = sum.Key.Domain, KeyId = sum.Key.Key, Owner = sum.Key.Owner, Tool = sum.Key.Tool, Calls = sum.Value })];
    }

    /// <summary>Adds to what is there; asks nothing of the database when there is nothing to add.</summary>
    public static async Task AddAsync(NpgsqlConnection connection, List<ToolUsageRow> rows, CancellationToken cancellation)
    {
        if (rows.Count == 0)
            return;
        await using var add = new NpgsqlCommand("""
            INSERT INTO usage_tools_15m AS sum (bucket, domain, key_id, owner, tool, calls) SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
            ON CONFLICT (bucket, domain, key_id, owner, tool) DO UPDATE SET calls = sum.calls + excluded.calls
            """, connection);
        add.Parameters.Add(new() { Value = rows.Select(row => row.Bucket).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        add.Parameters.Add(new() { Value = rows.Select(row => row.Domain).ToArray() });
        add.Parameters.Add(new() { Value = rows.Select(row => row.KeyId).ToArray() });
        add.Parameters.Add(new() { Value = rows.Select(row => row.Owner).ToArray() });
        add.Parameters.Add(new() { Value = rows.Select(row => row.Tool).ToArray() });
        add.Parameters.Add(new() { Value = rows.Select(row => row.Calls).ToArray() });
        await add.ExecuteNonQueryAsync(cancellation);
    }

    private static int Compare((DateTimeOffset Bucket, string Domain, string Key, string Owner, string Tool) a, (DateTimeOffset Bucket, string Domain, string Key, string Owner, string Tool) b)
    {
        var order = a.Bucket.CompareTo(b.Bucket);
        order = order != 0 ? order : string.CompareOrdinal(a.Domain, b.Domain);
        order = order != 0 ? order : string.CompareOrdinal(a.Key, b.Key);
        order = order != 0 ? order : string.CompareOrdinal(a.Owner, b.Owner);
        return order != 0 ? order : string.CompareOrdinal(a.Tool, b.Tool);
    }
}
