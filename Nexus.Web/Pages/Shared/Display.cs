using System.Globalization;

namespace Nexus.Web.Pages.Shared;

/// <summary>Numbers and times as people read them.</summary>
public static class Display
{
    /// <summary>1234 as 1.2K, 1234567 as 1.2M.</summary>
    public static string Count(long value) => value switch
    {
        >= 1_000_000 => (value / 1_000_000d).ToString("0.#", CultureInfo.InvariantCulture) + "M",
        >= 1_000 => (value / 1_000d).ToString("0.#", CultureInfo.InvariantCulture) + "K",
        _ => value.ToString(CultureInfo.InvariantCulture),
    };

    public static string Milliseconds(double? value) => value switch
    {
        null => "–",
        < 1_000 => value.Value.ToString("0", CultureInfo.InvariantCulture) + " ms",
        < 60_000 => (value.Value / 1_000).ToString("0.#", CultureInfo.InvariantCulture) + " s",
        _ => (value.Value / 60_000).ToString("0.#", CultureInfo.InvariantCulture) + " min",
    };

    /// <summary>1536 as 1.5 KB; K is 1024.</summary>
    public static string Bytes(long value) => value switch
    {
        >= 1 << 20 => (value / (double)(1 << 20)).ToString("0.#", CultureInfo.InvariantCulture) + " MB",
        >= 1 << 10 => (value / (double)(1 << 10)).ToString("0.#", CultureInfo.InvariantCulture) + " KB",
        _ => value.ToString(CultureInfo.InvariantCulture) + " B",
    };

    /// <summary>An identifier such as upstream_cut as words.</summary>
    public static string Words(string identifier) => identifier.Replace('_', ' ');

    /// <summary>A part of a whole in per cent.</summary>
    public static string Percent(long part, long whole) => whole == 0 ? "–" : (part * 100d / whole).ToString(part * 100 < whole * 10 ? "0.#" : "0", CultureInfo.InvariantCulture) + " %";

    public static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";
}
