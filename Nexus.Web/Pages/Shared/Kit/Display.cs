using System.Globalization;

namespace Nexus.Web.Pages.Shared.Kit;

/// <summary>Numbers and times as people read them: at most one decimal, and never "1000K" for what rounds up to 1M.</summary>
public static class Display
{
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    /// <summary>1234 as 1.2K, 1234567 as 1.2M.</summary>
    public static string Count(long value) => Math.Abs((double)value) switch
    {
        >= 999_950_000 => Scaled(value, 1_000_000_000) + "B",
        >= 999_950 => Scaled(value, 1_000_000) + "M",
        >= 1_000 => Scaled(value, 1_000) + "K",
        _ => value.ToString(Plain),
    };

    /// <summary>1234567 as 1,234,567: for the pointer and for tables that are exact.</summary>
    public static string Exact(long value) => value.ToString("N0", Plain);

    public static string Milliseconds(double? value) => value switch
    {
        null => "–",
        < 999.5 => value.Value.ToString("0", Plain) + " ms",
        < 59_950 => (value.Value / 1_000).ToString("0.#", Plain) + " s",
        < 3_599_500 => Parts(value.Value, 60_000, "min", 1_000, "s"),
        < 86_399_500 => Parts(value.Value, 3_600_000, "h", 60_000, "min"),
        _ => Parts(value.Value, 86_400_000, "d", 3_600_000, "h"),
    };

    /// <summary>1536 as 1.5 KB; K is 1024.</summary>
    public static string Bytes(long value) => value switch
    {
        >= 1 << 30 => Scaled(value, 1 << 30) + " GB",
        >= 1 << 20 => Scaled(value, 1 << 20) + " MB",
        >= 1 << 10 => Scaled(value, 1 << 10) + " KB",
        _ => value.ToString(Plain) + " B",
    };

    /// <summary>
    /// Micro-dollars: cents where they say something ($1.23), whole dollars from a thousand on ($1,235), and four decimals below
    /// a cent ($0.0042), where a single small request lies; less than a hundredth of a cent is said to be just that.
    /// </summary>
    public static string Money(long micros) => Math.Abs((decimal)micros) switch
    {
        0 => "$0.00",
        < 100 => (micros < 0 ? "−" : "") + "<$0.0001",
        < 10_000 => Dollars(micros, "0.0000"),
        < 1_000_000_000 => Dollars(micros, "0.00"),
        _ => Dollars(micros, "N0"),
    };

    /// <summary>The same, marked where it is partly an estimate.</summary>
    public static string Money(long micros, bool estimated) => (estimated ? "≈ " : "") + Money(micros);

    /// <summary>An identifier such as upstream_cut as words.</summary>
    public static string Words(string identifier) => identifier.Replace('_', ' ');

    /// <summary>A part of a whole in per cent.</summary>
    public static string Percent(long part, long whole) => whole == 0 ? "–" : Percent((double)part / whole);

    /// <summary>0.123 as 12 %, 0.0123 as 1.2 %.</summary>
    public static string Percent(double share) => (share * 100).ToString(Math.Abs(share) < 0.0995 ? "0.#" : "0", Plain) + " %";

    public static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", Plain) + " UTC";

    /// <summary>As scripts read it.</summary>
    public static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", Plain);

    private static string Scaled(long value, long unit) => (value / (double)unit).ToString("0.#", Plain);

    private static string Dollars(long micros, string format) => (micros < 0 ? "−$" : "$") + (Math.Abs((decimal)micros) / 1_000_000).ToString(format, Plain);

    /// <summary>Two units, the second left out when it is nothing: 3 min 4 s, 2 h.</summary>
    private static string Parts(double value, long unit, string name, long minor, string minorName)
    {
        var minors = (long)Math.Round(value / minor, MidpointRounding.AwayFromZero);
        var (whole, rest) = Math.DivRem(minors, unit / minor);
        return rest == 0 ? $"{whole} {name}" : $"{whole} {name} {rest} {minorName}";
    }
}
