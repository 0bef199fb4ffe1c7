using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Nexus.Web.Access.Keys;
using Nexus.Web.Capture;
using Nexus.Web.Storage;
using Nexus.Web.Usage;

namespace Nexus.Web.Conversations.Analyses;

/// <summary>What analyses have cost, in micro-dollars, by the rollups and by what these do not have yet, and what those that wait or run are expected to.</summary>
internal sealed record AnalysisSpending(long Day, long Month, long Reserved);

/// <summary>The budget of analyses, besides those that hold for everybody. Days and months are UTC's.</summary>
internal sealed class AnalysisBudget(NexusDbContext db, IOptions<AnalysisOptions> options, TimeProvider time)
{
    private const decimal Micros = 1_000_000m;

    /// <param name="except">The analysis that asks: its own reservation is not counted.</param>
    public async Task<AnalysisSpending> ReadAsync(long? except, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var day = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var month = day.AddDays(1 - day.Day);
        // Before the rollups: a call that comes into the ledger in between counts twice for this moment, and never not at all.
        var open = await OpenAsync(except ?? 0, day, month, cancellation);
        return new(open.Day + await SinceAsync(day, now, cancellation), open.Month + await SinceAsync(month, now, cancellation), open.Reserved);
    }

    /// <summary>What a row knows to be paid and the ledger does not have: calls that are still in the journal, and those without an answer.</summary>
    public static string RestSql(string row) =>
        $"greatest(0, {row}.cost_micros - coalesce((SELECT sum(r.cost_micros) FROM unnest({row}.calls) AS call JOIN requests r ON r.started_at = {PayloadReader.StartSql("call")} AND r.id = call), 0))::bigint";

    private async Task<AnalysisSpending> OpenAsync(long except, DateTimeOffset day, DateTimeOffset month, CancellationToken cancellation)
    {
        var sql = $$"""
            SELECT coalesce(sum(rest) FILTER (WHERE updated_at >= {0}), 0)::bigint AS day, coalesce(sum(rest), 0)::bigint AS month, coalesce(sum(reserved) FILTER (WHERE id <> {2}), 0)::bigint AS reserved
            FROM (SELECT a.id, a.updated_at, CASE WHEN a.cost_micros > 0 AND a.updated_at >= {1} THEN {{RestSql("a")}} ELSE 0 END AS rest,
                CASE WHEN a.status IN ('pending', 'processing') THEN a.estimated_micros ELSE 0 END AS reserved
                FROM analyses a WHERE a.updated_at >= {1} OR a.status IN ('pending', 'processing')) AS known
            """;
        return await db.Database.SqlQueryRaw<AnalysisSpending>(sql, day, month, except).SingleAsync(cancellation);
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
