using Nexus.Web.Capture;
using Nexus.Web.Storage;

namespace Nexus.Web.Usage;

/// <summary>Adds ledger rows up by time and dimension.</summary>
internal static class Rollups
{
    /// <summary>Sorted by key, so that two nodes that upsert the same rows take their locks in the same order.</summary>
    public static List<FineUsageRow> Of(IEnumerable<LedgerRow> rows, TimeSpan width)
    {
        var sums = new Dictionary<Key, FineUsageRow>();
        foreach (var row in rows)
        {
            var key = new Key(TimeBuckets.StartOf(row.StartedAt, width), row.Domain, row.AccountId ?? "", row.KeyId ?? "", row.Owner ?? "", row.ModelServed ?? row.ModelRequested ?? "", row.RequestType ?? "", row.Lane);
            if (!sums.TryGetValue(key, out var sum))
                sums[key] = sum = Empty(key);
            Add(sum, row);
        }

        return [.. sums.OrderBy(pair => pair.Key.Bucket).ThenBy(pair => pair.Key.Names, StringComparer.Ordinal).Select(pair => pair.Value)];
    }

    private static void Add(FineUsageRow sum, LedgerRow row)
    {
        sum.Requests++;
        sum.Errors += Outcomes.IsFailed(row.Outcome) ? 1 : 0;
        sum.InputTokens += row.InputTokens;
        sum.OutputTokens += row.OutputTokens;
        sum.CacheCreation5mTokens += row.CacheCreation5mTokens;
        sum.CacheCreation1hTokens += row.CacheCreation1hTokens;
        sum.CacheReadTokens += row.CacheReadTokens;
        sum.ToolCalls += row.ToolCalls;
        sum.EstimatedOutputTokens += row.EstimatedOutputTokens;
        sum.CostMicros += row.CostMicros ?? 0;
        sum.EstimatedCostMicros += row.CostEstimate is null ? 0 : row.CostMicros ?? 0;
        sum.CacheSavingsMicros += row.CacheSavingsMicros;
        sum.UnpricedRequests += row.CostEstimate?.StartsWith("unpriced", StringComparison.Ordinal) == true ? 1 : 0;
        sum.RateLimitWarnings += row.RateLimitStatus == "allowed_warning" ? 1 : 0;
        sum.DurationMs += row.DurationMs;
        sum.DurationHistogram[LatencyBuckets.IndexOf(row.DurationMs)]++;
        if (row.FirstByteMs is { } firstByte)
            sum.FirstByteHistogram[LatencyBuckets.IndexOf(firstByte)]++;
        if (row.StartedAt > sum.LastRequestAt)
            sum.LastRequestAt = row.StartedAt;
    }

    private static Usage5m Empty(Key key) => new()
    {
        Bucket = key.Bucket,
        Domain = key.Domain,
        AccountId = key.Account,
        KeyId = key.ClientKey,
        Owner = key.Owner,
        Model = key.Model,
        RequestType = key.Type,
        Lane = key.Lane,
        DurationHistogram = new long[LatencyBuckets.Count],
        FirstByteHistogram = new long[LatencyBuckets.Count],
        LastRequestAt = DateTimeOffset.MinValue,
    };

    private readonly record struct Key(DateTimeOffset Bucket, string Domain, string Account, string ClientKey, string Owner, string Model, string Type, string Lane)
    {
        public string Names => string.Join('\n', Domain, Account, ClientKey, Owner, Model, Type, Lane);
    }
}
