using System.Globalization;

namespace Nexus.Bench.Results;

/// <summary>Figures in words that do not depend on the machine's language.</summary>
internal static class Say
{
    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    public static string Rate(double rate, double ratio) => Text($"{ratio:F2} ({rate:F0}/s)");
}
