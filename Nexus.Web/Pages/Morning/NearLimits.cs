using Nexus.Web.Pages.Shared;
using Nexus.Web.Pages.Shared.Kit;
using Nexus.Web.Pages.Shared.Morning;
using Nexus.Web.Storage;
using Nexus.Web.Usage.Windows;

namespace Nexus.Web.Pages.Morning;

/// <summary>Who is nearest to an end: accounts by the windows that the upstream's headers told, and budgets. Pure.</summary>
internal static class NearLimits
{
    private const int Most = 6;

    public static IReadOnlyList<NearLimit> Of(IEnumerable<AccountWindowRow> windows, IEnumerable<BudgetPart> budgets, DateTimeOffset now) =>
        [.. windows.Where(window => window.Utilization is not null && window.ResetsAt > now).Select(window => Of(window, now))
            .Concat(budgets.Where(budget => budget is { Enabled: true, Used: > 0, Budget: > 0 }).Select(Of))
            .OrderByDescending(limit => limit.Share).ThenBy(limit => limit.Name, StringComparer.Ordinal).Take(Most)];

    private static NearLimit Of(AccountWindowRow window, DateTimeOffset now)
    {
        var pace = WindowPace.Of(window.WindowName, window.Utilization, window.ResetsAt, now);
        return new(window.AccountId, Words(window.WindowName), window.Utilization!.Value, "/dashboard/token-usage?accountId=" + Uri.EscapeDataString(window.AccountId), 0.8, 0.95, null, window.ResetsAt, pace.Elapsed, pace.FullAt);
    }

    private static NearLimit Of(BudgetPart budget) =>
        new(budget.Name, $"budget of {budget.Of}", budget.Share, "/dashboard/budget/" + budget.Id, budget.Warn, budget.Bad, $"{budget.UsedText} of {budget.Amount(budget.Budget)}", budget.Resets, budget.Elapsed,
            budget.UsedUpAt is { } at && (budget.Resets is null || at < budget.Resets) && budget.Share < 1 ? at : null);

    /// <summary>"5 h window" for <c>5h</c>, "7 d window, opus" for <c>7d_opus</c>.</summary>
    private static string Words(string name)
    {
        var parts = name.Split('_', 2);
        var width = parts[0].Length > 1 && char.IsAsciiDigit(parts[0][0]) ? $"{parts[0][..^1]} {parts[0][^1]} window" : $"{parts[0]} window";
        return parts.Length > 1 ? $"{width}, {Display.Words(parts[1])}" : width;
    }
}
