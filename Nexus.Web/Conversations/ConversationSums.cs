using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Conversations;

/// <summary>Adds placed requests up into what their conversations and branches gain.</summary>
internal static class ConversationSums
{
    public static List<ConversationRow> Conversations(IEnumerable<LinkItem> items) =>
        [.. items.Where(item => item.Node.Conversation is not null).GroupBy(item => item.Node.Conversation!.Value).Select(Conversation).OrderBy(row => row.Id)];

    public static List<ConversationBranchRow> Branches(IEnumerable<LinkItem> items) =>
        [.. items.Where(item => item.Row is { ConversationId: not null, BranchId: not null }).GroupBy(item => (item.Row.ConversationId!.Value, item.Row.BranchId!)).Select(group => Branch(group.Key.Value, group.Key.Item2, [.. group.Select(item => item.Row)]))
            .OrderBy(row => row.ConversationId).ThenBy(row => row.Name, StringComparer.Ordinal)];

    /// <summary>On the line that the person sees: the main one and what goes on from its compactions and forks.</summary>
    private static bool IsOnLine(LinkItem item) => !item.Node.IsSide && !BranchNames.IsSubagent(item.Node.Branch);

    private static ConversationRow Conversation(IGrouping<Guid, LinkItem> group)
    {
        List<LedgerRow> rows = [.. group.Select(item => item.Row)];
        var last = rows.Max(row => row.StartedAt);
        var line = group.Where(IsOnLine).OrderBy(item => item.Node.At).ToList();
        var latest = line.LastOrDefault(item => Prompt(item.Row) > 0)?.Row ?? line.LastOrDefault()?.Row;
        return new ConversationRow
        {
            Id = group.Key,
            Domain = rows[0].Domain,
            StartedAt = rows.Min(row => row.StartedAt),
            LastAt = last,
            LastHour = TimeBuckets.StartOf(last, TimeSpan.FromHours(1)),
            Title = line.Select(item => HumanWords.Title(item.Evidence.Opening)).FirstOrDefault(title => title is not null),
            Owners = Distinct(rows, row => row.Owner),
            KeyIds = Distinct(rows, row => row.KeyId),
            Accounts = Distinct(rows, row => row.AccountId),
            Models = Distinct(rows, row => row.ModelServed ?? row.ModelRequested),
            LatestId = latest?.Id,
            LatestAt = latest?.StartedAt,
            LatestModel = latest?.ModelServed ?? latest?.ModelRequested,
            ContextTokens = latest is null ? 0 : Prompt(latest),
            Requests = rows.Count,
            Turns = group.Count(item => !item.Node.IsSide && item.Node.AttemptOf is null),
            ToolCalls = rows.Sum(row => row.ToolCalls),
            Errors = rows.Count(IsError),
            InputTokens = rows.Sum(row => row.InputTokens),
            OutputTokens = rows.Sum(row => row.OutputTokens),
            CacheCreation5mTokens = rows.Sum(row => row.CacheCreation5mTokens),
            CacheCreation1hTokens = rows.Sum(row => row.CacheCreation1hTokens),
            CacheReadTokens = rows.Sum(row => row.CacheReadTokens),
            CostMicros = rows.Sum(row => row.CostMicros ?? 0),
            DurationMs = rows.Sum(row => (long)row.DurationMs),
        };
    }

    private static ConversationBranchRow Branch(Guid conversation, string name, List<LedgerRow> rows) => new()
    {
        ConversationId = conversation,
        Name = name,
        StartedAt = rows.Min(row => row.StartedAt),
        LastAt = rows.Max(row => row.StartedAt),
        Requests = rows.Count,
        ToolCalls = rows.Sum(row => row.ToolCalls),
        Errors = rows.Count(IsError),
        InputTokens = rows.Sum(row => row.InputTokens),
        OutputTokens = rows.Sum(row => row.OutputTokens),
        CacheCreation5mTokens = rows.Sum(row => row.CacheCreation5mTokens),
        CacheCreation1hTokens = rows.Sum(row => row.CacheCreation1hTokens),
        CacheReadTokens = rows.Sum(row => row.CacheReadTokens),
        CostMicros = rows.Sum(row => row.CostMicros ?? 0),
    };

    public static bool IsError(LedgerRow row) => Outcomes.IsFailed(row.Outcome) || row.Status >= 400;

    /// <summary>Tokens that went into the context.</summary>
    public static long Prompt(LedgerRow row) => row.InputTokens + row.CacheCreation5mTokens + row.CacheCreation1hTokens + row.CacheReadTokens;

    private static string[] Distinct(IEnumerable<LedgerRow> rows, Func<LedgerRow, string?> value) => [.. rows.Select(value).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
}
