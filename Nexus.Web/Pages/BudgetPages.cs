using System.Globalization;
using Nexus.Web.Access.Limits;
using Nexus.Web.Pages.Shared;
using Nexus.Web.Storage;

namespace Nexus.Web.Pages;

/// <summary>Between the forms of limits and limits: dollars as people write them, lists, and what cannot be read.</summary>
internal static class BudgetPages
{
    public static BudgetFields Read(IFormCollection form) => new(
        form["name"].ToString(), form["scope"].ToString(), form["subject"].ToString(), form["unit"].ToString(), form["amount"].ToString(), form["period"].ToString(), form["weekStart"].ToString(),
        form["timeZone"].ToString(), form["hard"] == "true", form["thresholds"].ToString(), form["requestsPerMinute"].ToString(), form["tokensPerMinute"].ToString(), form["concurrentStreams"].ToString(), form["enabled"] != "false");

    public static BudgetFields FieldsOf(LimitRow row) => new(
        row.Name, row.Scope, row.Subject, row.Unit, row.Amount is { } amount ? Amount(row.Unit, amount) : "", row.Period, ((DayOfWeek)row.WeekStart).ToString().ToLowerInvariant(), row.TimeZone, row.Hard,
        string.Join(", ", row.Thresholds), Text(row.RequestsPerMinute), Text(row.TokensPerMinute), Text(row.ConcurrentStreams), row.Enabled);

    /// <summary>The draft, and what is wrong with it; the draft is null when a field cannot be read at all.</summary>
    public static (LimitDraft? Draft, IReadOnlyList<string> Problems) ToDraft(BudgetFields fields)
    {
        try
        {
            var draft = new LimitDraft(
                fields.Name, fields.Scope, fields.Scope == "all" ? null : fields.Subject, fields.Unit, ReadAmount(fields.Unit, fields.Amount, "Budget"), fields.Period, fields.WeekStart, fields.TimeZone, fields.Hard,
                [.. fields.Thresholds.Split([',', ' ', '%'], StringSplitOptions.RemoveEmptyEntries).Select(part => (int)Number(part, "Thresholds")!.Value)],
                (int?)Number(fields.RequestsPerMinute, "Requests a minute"), Number(fields.TokensPerMinute, "Tokens a minute"), (int?)Number(fields.ConcurrentStreams, "Streams at a time"), fields.Enabled);
            return (draft, [.. draft.Problems()]);
        }
        catch (FormatException error)
        {
            return (null, [error.Message]);
        }
    }

    /// <exception cref="FormatException">It is no amount; the message says what is.</exception>
    public static long? ReadAmount(string unit, string text, string field)
    {
        if (unit == "tokens" || string.IsNullOrWhiteSpace(text))
            return Number(text, field);
        if (!decimal.TryParse(text.Trim().TrimStart('$'), NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var dollars) || dollars > 1_000_000_000)
            throw new FormatException($"{field}: '{text}' is not an amount of dollars, such as 50 or 12.50.");
        return (long)(dollars * 1_000_000);
    }

    private static long? Number(string text, string field)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        return long.TryParse(text.Trim(), NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number) && number <= int.MaxValue || (field is "Budget" or "Tokens a minute" or "Raise" && number is > 0 and <= LimitDraft.Most)
            ? number
            : throw new FormatException($"{field}: '{text}' is not a whole number of a size that can be meant.");
    }

    private static string Amount(string unit, long amount) => unit == "tokens" ? amount.ToString(CultureInfo.InvariantCulture) : (amount / 1_000_000m).ToString("0.00####", CultureInfo.InvariantCulture);

    private static string Text(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
