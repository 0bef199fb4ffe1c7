namespace Nexus.Web.Operations.Jobs;

internal sealed class JobOptions
{
    public const string Section = "Jobs";

    /// <summary>
    /// Whether the clock starts jobs. No variable stands for it: where it is false, as in tests, the schedule is kept and only
    /// what somebody asks for runs.
    /// </summary>
    public bool ByClock { get; set; } = true;
}
