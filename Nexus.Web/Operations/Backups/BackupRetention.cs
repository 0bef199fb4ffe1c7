using System.Globalization;

namespace Nexus.Web.Operations.Backups;

/// <summary>Which backups stay: the newest of each of the last days, ISO weeks and months that have one.</summary>
internal sealed record BackupRetention(int Daily, int Weekly, int Monthly)
{
    /// <summary>For example <c>7d,4w,12m</c>; what is left out counts as 0.</summary>
    /// <exception cref="FormatException">It says nothing that could be kept.</exception>
    public static BackupRetention Parse(string text)
    {
        var kept = new Dictionary<char, int> { ['d'] = 0, ['w'] = 0, ['m'] = 0 };
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Length < 2 || !kept.ContainsKey(part[^1]) || !int.TryParse(part[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > 10_000)
                throw new FormatException($"'{part}' is none of these");
            kept[part[^1]] = count;
        }

        return kept.Values.Sum() > 0 ? new(kept['d'], kept['w'], kept['m']) : throw new FormatException("nothing would be kept");
    }

    /// <summary>Those that may go. The newest never does.</summary>
    /// <param name="backups">With the time each was made.</param>
    public List<T> Expired<T>(IEnumerable<T> backups, Func<T, DateTimeOffset> madeAt)
    {
        var newestFirst = backups.OrderByDescending(madeAt).ToList();
        var kept = new HashSet<int>(newestFirst.Count > 0 ? [0] : []);
        Keep(Daily, time => time.ToString("yyyyMMdd", CultureInfo.InvariantCulture));
        Keep(Weekly, time => $"{ISOWeek.GetYear(time)}-{ISOWeek.GetWeekOfYear(time)}");
        Keep(Monthly, time => time.ToString("yyyyMM", CultureInfo.InvariantCulture));
        return [.. newestFirst.Where((_, index) => !kept.Contains(index))];

        void Keep(int periods, Func<DateTime, string> periodOf)
        {
            var seen = new HashSet<string>();
            for (var i = 0; i < newestFirst.Count && seen.Count < periods; i++)
                if (seen.Add(periodOf(madeAt(newestFirst[i]).UtcDateTime)))
                    kept.Add(i);
        }
    }
}
