namespace Nexus.Web.Tests.Infrastructure;

/// <summary>Days of UTC, with which weeks, months, budgets and partitions begin too.</summary>
internal static class Days
{
    /// <summary>More than any test takes from its start to its last question.</summary>
    private static readonly TimeSpan Room = TimeSpan.FromSeconds(90);

    /// <summary>Waits where a day is about to end: what a test stores today and what it then asks for of today must be of one day.</summary>
    public static async Task UntilNoneEndsAsync()
    {
        var left = TimeSpan.FromDays(1) - DateTime.UtcNow.TimeOfDay;
        if (left < Room)
            await Task.Delay(left + TimeSpan.FromMilliseconds(50));
    }
}
