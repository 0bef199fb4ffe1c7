namespace Nexus.Web.Operations.Resources;

/// <summary>A straight line through readings, by least squares: how much a day, and when it meets an end.</summary>
/// <param name="PerDay">Change a day.</param>
/// <param name="Last">The newest reading.</param>
internal sealed record Trend(double PerDay, double Last)
{
    /// <summary>Less says nothing of days to come.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromHours(24);

    /// <param name="readings">By time, ascending.</param>
    /// <returns>Null: they cover less than <see cref="Least"/>.</returns>
    public static Trend? Of(IReadOnlyList<(DateTimeOffset At, double Value)> readings)
    {
        if (readings.Count < 3 || readings[^1].At - readings[0].At < Least)
            return null;
        var days = readings.Select(reading => (reading.At - readings[0].At).TotalDays).ToList();
        var (meanDay, meanValue) = (days.Average(), readings.Average(reading => reading.Value));
        var (together, alone) = (0d, 0d);
        for (var i = 0; i < days.Count; i++)
        {
            together += (days[i] - meanDay) * (readings[i].Value - meanValue);
            alone += (days[i] - meanDay) * (days[i] - meanDay);
        }

        return new(alone == 0 ? 0 : together / alone, readings[^1].Value);
    }

    /// <summary>Days until nothing is left, when the readings are what is free; null: it does not shrink.</summary>
    public double? DaysUntilNothing => PerDay < 0 ? Math.Max(0, Last / -PerDay) : null;
}
