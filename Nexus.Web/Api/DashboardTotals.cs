using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Caching.Memory;
using Nexus.Web.Conversations;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Api;

/// <summary>The answer of <c>/api/dashboard/stats</c> (spec §6.1), kept for 30 seconds: of single requests it reads the ledger.</summary>
internal sealed class DashboardTotals(IDbContextFactory<NexusDbContext> contexts, TimeProvider time) : IDisposable
{
    private const int MostAnswers = 200;
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(30);
    private readonly MemoryCache _answers = new(new MemoryCacheOptions { SizeLimit = MostAnswers });

    /// <summary>The figures of conversations with activity in the last <paramref name="days"/>, those of a single request among them, as the list of conversations has it.</summary>
    public async Task<object> OfAsync(string? domain, string? account, int days, CancellationToken cancellation)
    {
        var asked = (domain, account, days);
        if (_answers.TryGetValue(asked, out (DateTimeOffset Until, object Answer) known) && known.Until > time.GetUtcNow())
            return known.Answer;
        await using var db = await contexts.CreateDbContextAsync(cancellation);
        var answer = await ReadAsync(db, domain, account, days, cancellation);
        _answers.Set(asked, (time.GetUtcNow() + Kept, answer), new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Kept });
        return answer;
    }

    public void Dispose() => _answers.Dispose();

    private async Task<object> ReadAsync(NexusDbContext db, string? domain, string? account, int days, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var (since, yesterday) = (now.AddDays(-days), now.AddHours(-24));
        var rows = db.Conversations.AsNoTracking().Where(row => row.LastHour >= since && row.Turns > 0 && (domain == null || row.Domain == domain) && (account == null || row.Accounts.Contains(account)));
        var all = await rows.GroupBy(_ => 1).Select(group => new
        {
            Conversations = group.Count(),
            Recent = group.Count(row => row.LastAt >= yesterday),
            Requests = group.Sum(row => (long)row.Requests),
            Tokens = group.Sum(row => row.InputTokens + row.OutputTokens),
            Subagents = group.Sum(row => (long)row.Subagents),
            Compactions = group.Sum(row => (long)row.Compactions),
            Forks = group.Sum(row => (long)row.Forks),
        }).FirstOrDefaultAsync(cancellation);
        var singles = await new ConversationFilter(domain, account, null, null, since, null, null, null).ApplyToSingles(db).GroupBy(row => new { Model = row.ModelServed ?? row.ModelRequested, row.AccountId })
            .Select(group => new { group.Key.Model, group.Key.AccountId, Requests = group.Count(), Recent = group.Count(row => row.StartedAt >= yesterday), Tokens = group.Sum(row => row.InputTokens + row.OutputTokens) }).ToListAsync(cancellation);
        var models = (await rows.SelectMany(row => row.Models).Distinct().ToListAsync(cancellation)).Concat(singles.Select(single => single.Model).OfType<string>()).Distinct().Order(StringComparer.Ordinal).ToList();
        var accounts = (await rows.SelectMany(row => row.Accounts).Distinct().ToListAsync(cancellation)).Concat(singles.Select(single => single.AccountId).OfType<string>()).Distinct().Count();
        var usage = await db.Usage15m.AsNoTracking().Where(row => row.Bucket >= yesterday && (domain == null || row.Domain == domain) && (account == null || row.AccountId == account))
            .Select(row => new { row.Bucket, row.AccountId, row.Requests, Tokens = row.InputTokens + row.OutputTokens }).ToListAsync(cancellation);
        var conversations = (all?.Conversations ?? 0) + singles.Sum(single => single.Requests);
        return new
        {
            totalConversations = conversations,
            activeUsers = accounts,
            totalRequests = (all?.Requests ?? 0) + singles.Sum(single => single.Requests),
            totalTokens = (all?.Tokens ?? 0) + singles.Sum(single => single.Tokens),
            totalBranches = conversations + (all is null ? 0 : all.Subagents + all.Compactions + all.Forks),
            subtaskBranches = all?.Subagents ?? 0,
            compactBranches = all?.Compactions ?? 0,
            modelsUsed = models,
            modelsUsedCount = models.Count,
            last24Hours = new { requests = usage.Sum(row => row.Requests), conversations = (all?.Recent ?? 0) + singles.Sum(single => single.Recent), activeUsers = usage.Select(row => row.AccountId).Where(name => name.Length > 0).Distinct().Count() },
            hourlyActivity = usage.GroupBy(row => TimeBuckets.StartOf(row.Bucket, TimeSpan.FromHours(1))).OrderByDescending(hour => hour.Key).Take(24)
                .Select(hour => new { hour = hour.Key, requestCount = hour.Sum(row => row.Requests), tokenCount = hour.Sum(row => row.Tokens) }).ToList(),
        };
    }
}
