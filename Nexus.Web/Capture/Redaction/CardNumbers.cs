namespace Nexus.Web.Capture.Redaction;

/// <summary>Numbers of payment cards: 13 to 19 digits, in groups parted by a space or a hyphen or in one, with a known issuer's first digits and a right check digit (Luhn).</summary>
internal static class CardNumbers
{
    public const string Label = "[redacted:card]";

    private const int Fewest = 13;
    private const int Most = 19;

    public static void Find(string text, List<Edit> found)
    {
        Span<(int Start, int End)> groups = stackalloc (int, int)[Most];
        for (var at = 0; at < text.Length;)
        {
            if (!char.IsAsciiDigit(text[at]))
            {
                at++;
                continue;
            }

            // A group of digits, and those that follow it with one separator between.
            var count = 0;
            var next = at;
            var digits = 0;
            while (next < text.Length && char.IsAsciiDigit(text[next]) && count < groups.Length && digits < Most)
            {
                var end = next;
                while (end < text.Length && char.IsAsciiDigit(text[end]))
                    end++;
                groups[count++] = (next, end);
                digits += end - next;
                next = end + 1 < text.Length && text[end] is ' ' or '-' && char.IsAsciiDigit(text[end + 1]) ? end + 1 : text.Length;
            }

            at = Longest(text, groups[..count], found) ?? groups[0].End;
        }
    }

    public static bool IsCard(ReadOnlySpan<char> digits) => digits.Length is >= Fewest and <= Most && HasIssuer(digits) && HasCheckDigit(digits);

    /// <summary>Marks the longest run of groups from the first on that is a card, and returns its end.</summary>
    private static int? Longest(string text, ReadOnlySpan<(int Start, int End)> groups, List<Edit> found)
    {
        Span<char> digits = stackalloc char[Most];
        for (var last = groups.Length - 1; last >= 0; last--)
        {
            var count = 0;
            foreach (var (start, end) in groups[..(last + 1)])
            {
                if (count + end - start > Most)
                {
                    count = int.MaxValue;
                    break;
                }

                text.AsSpan(start, end - start).CopyTo(digits[count..]);
                count += end - start;
            }

            if (count > Most || !IsCard(digits[..count]))
                continue;
            found.Add(new Edit(groups[0].Start, groups[last].End - groups[0].Start, Label));
            return groups[last].End;
        }

        return null;
    }

    private static bool HasIssuer(ReadOnlySpan<char> digits)
    {
        var two = ((digits[0] - '0') * 10) + digits[1] - '0';
        var four = (two * 100) + ((digits[2] - '0') * 10) + digits[3] - '0';
        return two switch
        {
            >= 40 and <= 49 or >= 51 and <= 55 or 34 or 37 or 36 or 38 or 39 or 30 or 50 or >= 56 and <= 58 or 62 or 63 or 65 or 67 => true,
            _ => four is >= 2221 and <= 2720 or >= 3528 and <= 3589 or 6011 or >= 6440 and <= 6499,
        };
    }

    private static bool HasCheckDigit(ReadOnlySpan<char> digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[^(i + 1)] - '0';
            sum += i % 2 == 0 ? digit : digit > 4 ? (digit * 2) - 9 : digit * 2;
        }

        return sum % 10 == 0;
    }
}
