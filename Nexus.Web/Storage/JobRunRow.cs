namespace Nexus.Web.Storage;

/// <summary>One run of a recurring job (table <c>job_runs</c>). Hangfire's own records expire; these are the history.</summary>
internal sealed class JobRunRow
{
    /// <summary>UUIDv7.</summary>
    public required Guid Id { get; set; }

    /// <summary>Id of the job, as in <c>Operations/Schedule.cs</c>.</summary>
    public required string Job { get; set; }

    /// <summary>Name of the machine that runs it.</summary>
    public required string Node { get; set; }

    /// <summary>Started from the console, not by the clock.</summary>
    public bool ByHand { get; set; }

    public required DateTimeOffset StartedAt { get; set; }

    /// <summary>Null while it runs, and when its node was killed.</summary>
    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary><c>running</c>, <c>succeeded</c>, <c>failed</c>, <c>timed_out</c>, <c>stopped</c> (with its node) or <c>interrupted</c> (its node was killed).</summary>
    public required string Outcome { get; set; }

    /// <summary>One line for people.</summary>
    public string? Summary { get; set; }

    /// <summary>The job's own record (JSON); while it runs, as far as it has come.</summary>
    public string? Result { get; set; }

    public string? Error { get; set; }

    /// <summary>How much of the work is done, 0 to 1; null where the job cannot tell.</summary>
    public double? Progress { get; set; }

    /// <summary>What it logged, one line each, without secrets; the newest lines when there were too many.</summary>
    public string? Log { get; set; }
}
