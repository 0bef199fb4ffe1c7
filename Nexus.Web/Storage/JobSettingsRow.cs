namespace Nexus.Web.Storage;

/// <summary>What an operator changed of a job's line in the schedule (table <c>job_settings</c>); a job without a row runs as the code says.</summary>
internal sealed class JobSettingsRow
{
    /// <summary>Id of the job, as in <c>Operations/Schedule.cs</c>.</summary>
    public required string Job { get; set; }

    /// <summary>Five fields, UTC.</summary>
    public required string Cron { get; set; }

    /// <summary>Null, as <see cref="WindowCloses"/> then is: at any hour.</summary>
    public TimeOnly? WindowOpens { get; set; }

    public TimeOnly? WindowCloses { get; set; }

    public int TimeBoxMinutes { get; set; }

    public int RetryAttempts { get; set; }

    /// <summary>Seconds before the first retry.</summary>
    public int RetryAfterSeconds { get; set; }

    /// <summary>The clock does not start it; a person may.</summary>
    public bool Paused { get; set; }

    public required DateTimeOffset UpdatedAt { get; set; }

    public required string UpdatedBy { get; set; }
}
