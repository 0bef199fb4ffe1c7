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

    public static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";
}
