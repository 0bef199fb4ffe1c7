using System.Globalization;
using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Operations.Reports;

/// <summary>How a report's values are written for people.</summary>
internal static class ReportWords
{
    public static string Value(string unit, double? value, bool estimated) => (estimated ? "≈ " : "") + Value(unit, value);

    public static string Value(string unit, double? value) => value switch
    {
        null => "–",
        { } number => unit switch
        {
            "money" => Display.Money((long)number),
            "ms" => Display.Milliseconds(number),
            "bytes" => Display.Bytes((long)number),
            "share" => Display.Percent(number),
            "cores" => number.ToString("0.##", CultureInfo.InvariantCulture),
            _ => Display.Count((long)Math.Round(number)),
        },
    };

    /// <summary>Such as "▲ 12 %" against what it was; null where there is nothing to compare with.</summary>
    public static string? Change(double? now, double? before)
    {
        if (now is not { } is_ || before is not > 0)
            return null;
        var change = (is_ - before.Value) / before.Value;
        var arrow = change > 0 ? "▲" : change < 0 ? "▼" : "=";
        return $"{arrow} {(Math.Abs(change) > 9.995 ? (is_ / before.Value).ToString("0", CultureInfo.InvariantCulture) + " ×" : Display.Percent(Math.Abs(change)))}";
    }

    public static string? Tone(string? growth, double? now, double? before) =>
        growth is null || now is null || before is not > 0 || now == before ? null : now > before == (growth == "good") ? "good" : "bad";

    /// <summary>"12 more than", "3 less than" or "as many as" the period before.</summary>
    public static string Against(long now, long before, string unit, string period) => now == before ? $"as {(unit == "money" ? "much" : "many")} as {period}"
        : $"{Value(unit, Math.Abs(now - before))} {(now > before ? "more" : unit == "money" ? "less" : "fewer")} than {period}";
}
