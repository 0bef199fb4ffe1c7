using System.Text.RegularExpressions;

namespace Nexus.Web.Conversations;

/// <summary>A text without what comes and goes from turn to turn: reminders, white space at its ends, carriage returns (spec §4.1, §4.2).</summary>
internal static partial class CanonicalText
{
    /// <summary>What JavaScript's <c>trim</c> takes away: U+FEFF too, but not U+0085.</summary>
    private const string WhiteSpace = "\t\n\v\f\r \u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF";

    private static readonly char[] Trimmed = [.. WhiteSpace];

    public static string Of(string text)
    {
        if (text.Contains("<system-reminder>", StringComparison.OrdinalIgnoreCase))
            text = Reminder().Replace(text, "");
        return text.Trim(Trimmed).Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"[\t\n\v\f\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF]*<system-reminder>[\s\S]*?</system-reminder>", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Reminder();
}
