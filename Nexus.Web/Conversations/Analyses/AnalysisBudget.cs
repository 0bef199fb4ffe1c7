using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Access.Keys;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>What analyses have cost, in micro-dollars, by the rollups, and what those that wait or run are expected to.</summary>
internal readonly record struct AnalysisSpending(long Day, long Month, long Reserved);

/// <summary>The budget of analyses, besides those that hold for everybody. Days and months are UTC's.</summary>
internal sealed class AnalysisBudget(NexusDbContext db, IOptions<AnalysisOptions> options, TimeProvider time)
{
    private const decimal Micros = 1_000_000m;

    /// <param name="except">The analysis that asks: its own reservation is not counted.</param>
    public async Task<AnalysisSpending> ReadAsync(long? except, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var day = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var reserved = await db.Analyses.Where(row => (row.Status == AnalysisRow.Pending || row.Status == AnalysisRow.Processing) && row.Id != except).SumAsync(row => row.EstimatedMicros, cancellation);
        return new(await SinceAsync(day, now, cancellation), await SinceAsync(day.AddDays(1 - day.Day), now, cancellation), reserved);
    }

    /// <summary>Why an analysis may not be begun; null when it may.</summary>
    public string? Refuse(AnalysisSpending spent, long expected)
    {
        return Over("day", "AI_ANALYSIS_DAILY_BUDGET", options.Value.DailyBudget, spent.Day) ?? Over("month", "AI_ANALYSIS_MONTHLY_BUDGET", options.Value.MonthlyBudget, spent.Month);

        string? Over(string period, string variable, decimal budget, long used) => budget > 0 && used + spent.Reserved + expected > budget * Micros
            ? string.Create(CultureInfo.InvariantCulture, $"The budget of AI analyses for this {period} does not allow it: ${Dollars(used + spent.Reserved)} of ${budget:0.00} are spent or reserved, and this one may cost ${Dollars(expected)}. It begins anew with the next {period} of UTC; an operator can raise {variable}.")
            : null;
    }

    private async Task<long> SinceAsync(DateTimeOffset from, DateTimeOffset now, CancellationToken cancellation) =>
        await db.Usage(from, now).Where(row => row.KeyId == OwnKey.Id).SumAsync(row => row.CostMicros, cancellation);

    private static string Dollars(long micros) => (micros / Micros).ToString("0.00##", CultureInfo.InvariantCulture);
}
