using System.Text;

namespace Nexus.Bench.Upstream;

/// <summary>
/// A mebibyte of text in the manner of a coding session, the same in every process: prose and code lines, plain ASCII, that
/// compress about as well as real ones do. Safe inside a JSON string: line feeds are written as <c>\n</c>.
/// </summary>
internal static class Corpus
{
    private const string Vocabulary =
        "the a of to in and is for with that this from not when which returns before after request response handler session token cache stream event buffer parser index "
        + "config module test case error value header body field table row column query batch commit branch merge worker queue timeout retry limit client server proxy route "
        + "checks reads writes opens closes fails passes throws moves keeps drops counts holds waits because while until only every first last next previous empty full new old "
        + "null async await return public private static class record string int bool var if else foreach switch catch finally using namespace import export function const let "
        + "customer invoice order payment account balance report schedule upload download image thumbnail migration fixture snapshot metric alert deployment container volume "
        + "should could would must cannot already still also instead however therefore probably exactly roughly separately together twice nightly weekly empty stale broken green";

    private static readonly string[] Lexicon = Vocabulary.Split(' ');
    private static readonly byte[] Text = Make();
    private static readonly int[] Lines = StartsOfLines();

    /// <summary>About <paramref name="length"/> bytes of whole lines; which ones, the seed decides.</summary>
    public static ReadOnlySpan<byte> Slice(ulong seed, int length)
    {
        var usable = Lines.Length - (length / 40) - 2;
        var first = (int)(Mix(seed) % (ulong)usable);
        var last = first + 1;
        while (Lines[last] - Lines[first] < length)
            last++;
        return Text.AsSpan(Lines[first]..Lines[last]);
    }

    public static string Words(int count) => string.Join(' ', Random.Shared.GetItems(Lexicon, count));

    /// <summary>Spreads neighbouring numbers (the finalizer of SplitMix64).</summary>
    public static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    private static byte[] Make()
    {
        var random = new Random(20261124);
        var text = new StringBuilder(1 << 20);
        while (text.Length < 1 << 20)
        {
            var code = random.Next(3) == 0;
            text.Append(code ? "    " : "");
            for (var words = random.Next(6, 16); words > 0; words--)
                text.Append(Word(random, code)).Append(code && random.Next(3) == 0 ? '.' : ' ');
            text.Append(code ? "= " : "- ").Append(random.Next(100_000)).Append("\\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    /// <summary>Common words are common: the index is the smaller of two.</summary>
    private static string Word(Random random, bool code)
    {
        var word = Lexicon[Math.Min(random.Next(Lexicon.Length), random.Next(Lexicon.Length))];
        return code && random.Next(2) == 0 ? word + char.ToUpperInvariant(word[0]) + Lexicon[random.Next(Lexicon.Length)] : word;
    }

    /// <summary>Slices end at line ends, so none ends inside an escape.</summary>
    private static int[] StartsOfLines()
    {
        var starts = new List<int> { 0 };
        for (var i = 0; i + 1 < Text.Length; i++)
            if (Text[i] == '\\' && Text[i + 1] == 'n')
                starts.Add(i + 2);
        return [.. starts];
    }
}
