using Nexus.Web.Storage;

namespace Nexus.Web.Operations.Jobs;

/// <summary>A job as it runs: its line of the <see cref="Schedule"/> with what an operator changed of it.</summary>
/// <param name="ChangedBy">Null: as the code says.</param>
internal sealed record JobPlan(RecurringJob Job, bool Paused, string? ChangedBy, DateTimeOffset? ChangedAt)
{
    public static JobPlan Of(RecurringJob job, JobSettingsRow? row) => row is null || job.Cron is null ? new(job, false, null, null) : new(
        job with
        {
            Cron = row.Cron,
            Window = row is { WindowOpens: { } opens, WindowCloses: { } closes } ? new(opens, closes) : null,
            TimeBox = TimeSpan.FromMinutes(row.TimeBoxMinutes),
            Retry = new(row.RetryAttempts, TimeSpan.FromSeconds(row.RetryAfterSeconds)),
        },
        row.Paused, row.UpdatedBy, row.UpdatedAt);
}

/// <summary>What an operator asks of a job's line.</summary>
/// <param name="Window">Null: at any hour.</param>
internal sealed record JobChange(string Cron, MaintenanceWindow? Window, int TimeBoxMinutes, RetryRule Retry);
