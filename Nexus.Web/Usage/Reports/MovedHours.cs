namespace Nexus.Web.Usage.Reports;

/// <summary>
/// Days on a clock, read from days of UTC: each day of UTC counts whole for the interval that its noon lies in, and what of it lies
/// in the interval beside is moved there, from finer rows. In Europe that is an hour or two of the night, instead of all hours of a month.
/// </summary>
/// <param name="From">Starts of the stretches that are moved, in order.</param>
/// <param name="Until">Their ends.</param>
/// <param name="Into">Index of the interval that each belongs to.</param>
/// <param name="OutOf">Index of the one that it was counted for.</param>
internal sealed record MovedHours(DateTimeOffset[] From, DateTimeOffset[] Until, int[] Into, int[] OutOf)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Whether no day of UTC has more than one boundary in it.</summary>
    public static bool AreDays(IReadOnlyList<DateTimeOffset> starts) => starts.Count > 1 && starts.Zip(starts.Skip(1), (start, next) => next - start).All(length => length >= TimeSpan.FromHours(22))
        && starts.Select(start => TimeBuckets.StartOf(start, Day)).Distinct().Count() == starts.Count;

    /// <param name="days">The days of UTC that are counted as days.</param>
    public static MovedHours Between(IReadOnlyList<DateTimeOffset> starts, (DateTimeOffset First, DateTimeOffset Past) days)
    {
        var moved = new List<(DateTimeOffset From, DateTimeOffset Until, int Into, int OutOf)>();
        for (var i = 1; i < starts.Count; i++)
        {
            var (start, day) = (starts[i].ToUniversalTime(), TimeBuckets.StartOf(starts[i], Day));
            if (day < days.First || day >= days.Past || start == day)
                continue;
            if (start - day <= Day / 2)
                moved.Add((day, start, i - 1, i));
            else
                moved.Add((start, day + Day, i, i - 1));
        }

        return new([.. moved.Select(part => part.From)], [.. moved.Select(part => part.Until)], [.. moved.Select(part => part.Into)], [.. moved.Select(part => part.OutOf)]);
    }
}
