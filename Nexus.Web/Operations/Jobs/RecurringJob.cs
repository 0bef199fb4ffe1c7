namespace Nexus.Web.Operations.Jobs;

/// <summary>One line of the <see cref="Schedule"/>.</summary>
/// <param name="Id">Its name in the console, in the log and in <c>job_runs</c>.</param>
/// <param name="Work">The <see cref="IJob"/> that does it.</param>
/// <param name="Purpose">One sentence for the operator.</param>
internal sealed record RecurringJob(string Id, Type Work, string Purpose)
{
    /// <summary>Five fields, UTC; null: it runs only when somebody asks for it (<see cref="JobRequests"/>).</summary>
    public required string? Cron { get; init; }

    /// <summary>Null: at any hour. A run started by hand is not bound by it.</summary>
    public MaintenanceWindow? Window { get; init; }

    /// <summary>A run is cancelled after this long, or when its window closes.</summary>
    public required TimeSpan TimeBox { get; init; }

    /// <summary>What happens after a failure. A run that used up its time is not tried again before its next date.</summary>
    public required RetryRule Retry { get; init; }
}

/// <param name="Attempts">How often a failed run is tried again.</param>
/// <param name="After">Wait before the first of them; it doubles each time.</param>
internal sealed record RetryRule(int Attempts, TimeSpan After);

/// <summary>Hours of the day, UTC; may span midnight.</summary>
internal sealed record MaintenanceWindow(TimeOnly Opens, TimeOnly Closes)
{
    public bool Contains(DateTimeOffset time) => TimeOnly.FromTimeSpan(time.UtcDateTime.TimeOfDay).IsBetween(Opens, Closes);

    /// <summary>Time left at a moment inside it.</summary>
    public TimeSpan Remaining(DateTimeOffset time) => Closes - TimeOnly.FromTimeSpan(time.UtcDateTime.TimeOfDay);
}
