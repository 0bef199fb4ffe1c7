using System.IO.Hashing;
using System.Text;

namespace Nexus.Web.Pages.Shared.Kit;

/// <summary>
/// A name's colour is the same in every chart and table: Claude's families have theirs, every other name gets one by its hash.
/// Where two names of one picture would share a colour, the later one in the order of names takes the next that is free.
/// </summary>
internal static class SeriesColors
{
    /// <summary>Colours --c0 and up of tokens.css.</summary>
    public const int Count = 12;

    /// <summary>For "all others", and for names beyond the number of colours.</summary>
    public const int Rest = -1;

    /// <summary>What failed, in charts of outcomes.</summary>
    public const int Errors = -2;

    private static readonly string[] Families = ["opus", "sonnet", "haiku"];

    public static IReadOnlyDictionary<string, int> For(IEnumerable<string> names)
    {
        var colors = new Dictionary<string, int>(StringComparer.Ordinal);
        var taken = new HashSet<int>();
        foreach (var name in names.Distinct().Order(StringComparer.Ordinal))
        {
            var wanted = Wanted(name);
            for (var i = 0; taken.Contains(wanted) && i < Count; i++)
                wanted = (wanted + 1) % Count;
            colors[name] = taken.Add(wanted) ? wanted : Rest;
        }

        return colors;
    }

    /// <summary>The class of a swatch beside a name.</summary>
    public static string Class(int color) => color switch
    {
        Rest => "c-rest",
        Errors => "c-errors",
        _ => "c" + color.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    private static int Wanted(string name)
    {
        var family = Array.FindIndex(Families, family => name.Contains(family, StringComparison.Ordinal));
        return family >= 0 ? family : Families.Length + (int)(XxHash32.HashToUInt32(Encoding.UTF8.GetBytes(name)) % (uint)(Count - Families.Length));
    }
}
