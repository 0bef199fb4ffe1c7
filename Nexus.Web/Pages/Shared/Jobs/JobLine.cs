namespace Nexus.Web.Pages.Shared.Jobs;

/// <summary>A recurring job as the pages show it.</summary>
/// <param name="Cron">Null: it runs only when somebody asks for it.</param>
/// <param name="Window">Words; null: any hour.</param>
/// <param name="Next">When the clock starts it next.</param>
/// <param name="Durations">Milliseconds of the last runs that succeeded, oldest first.</param>
/// <param name="Fields">What its form shows.</param>
public sealed record JobLine(
    string Id, string Purpose, string? Cron, string? Window, TimeSpan TimeBox, string Retry, bool Paused, string? ChangedBy, DateTimeOffset? ChangedAt,
    JobRunLine? Last, DateTimeOffset? Next, IReadOnlyList<double?> Durations, JobFields Fields)
{
    public bool Running => Last?.Running == true;
}

/// <param name="Outcome">As in <c>job_runs</c>.</param>
public sealed record JobRunLine(Guid Id, DateTimeOffset At, DateTimeOffset? Ended, string Node, bool ByHand, string Outcome, string? Summary, string? Error, double? Progress, string? Log)
{
    public bool Running => Outcome == "running";

    public double? Milliseconds => (Ended - At)?.TotalMilliseconds;

    public string Tone => Outcome switch { "succeeded" => "good", "running" => "", "stopped" => "warn", _ => "bad" };
}

/// <summary>The form of a job, as it was typed.</summary>
public sealed record JobFields(string Cron = "", string Opens = "", string Closes = "", string Minutes = "", string Attempts = "", string Seconds = "");
