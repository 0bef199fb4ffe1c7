using System.IO.Hashing;
using System.Text;

namespace Nexus.Web.Pages.Shared.Kit;

/// <summary>
/// A name's colour follows from the name alone, so it is the same in every chart and table, whatever stands beside it: Claude's families
/// have theirs, every other name gets one by its hash. Where two names of one picture share a colour, the later one in the order of
/// names is drawn with a pattern: striped, dotted, or as a dashed line.
/// </summary>
/// <remarks>A look is one number: the colour, and <see cref="Count"/> more for each pattern.</remarks>
internal static class SeriesColors
{
    /// <summary>Colours --c0 and up of tokens.css.</summary>
    public const int Count = 12;

    /// <summary>For "all others", and for names beyond the number of patterns.</summary>
    public const int Rest = -1;

    /// <summary>What failed, in charts of outcomes.</summary>
    public const int Errors = -2;

    /// <summary>Plain is one of them.</summary>
    public const int Patterns = 4;

    private static readonly string[] Families = ["opus", "sonnet", "haiku"];

    public static IReadOnlyDictionary<string, int> For(IEnumerable<string> names)
    {
        var looks = new Dictionary<string, int>(StringComparer.Ordinal);
        var drawn = new int[Count];
        foreach (var name in names.Distinct().Order(StringComparer.Ordinal))
        {
            var color = Of(name);
            looks[name] = drawn[color] < Patterns ? color + (Count * drawn[color]++) : Rest;
        }

        return looks;
    }

    /// <summary>A name's colour, where it stands alone.</summary>
    public static int Of(string name)
    {
        var family = Array.FindIndex(Families, family => name.Contains(family, StringComparison.Ordinal));
        return family >= 0 ? family : Families.Length + (int)(XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(name)) % (uint)(Count - Families.Length));
    }

    /// <summary>The classes of a swatch beside a name.</summary>
    public static string Class(int look) => look switch
    {
        Rest => "c-rest",
        Errors => "c-errors",
        < Count => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"c{look}"),
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"c{look % Count} p{look / Count}"),
    };
}
