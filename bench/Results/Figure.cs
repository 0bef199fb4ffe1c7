namespace Nexus.Bench.Results;

/// <summary>One line of the table.</summary>
/// <param name="Target">As issue and README say it; empty: for information.</param>
/// <param name="Hit">Whether the target is met; null without one.</param>
internal sealed record Figure(string What, string Target, string Measured, bool? Hit = null)
{
    public string Verdict => Hit switch { true => "hit", false => "**miss**", null => "" };
}

/// <summary>How long and how often: quick rounds for a look, full ones for the record.</summary>
/// <param name="Seconds">Of a sustained run.</param>
internal sealed record Effort(bool Quick, int Seconds)
{
    public int Rounds => Quick ? 1 : 3;

    /// <summary>Of what only serves as comparison.</summary>
    public TimeSpan ComparisonTime => TimeSpan.FromSeconds(Math.Min(Seconds, Quick ? 5 : 20));

    public TimeSpan SustainedTime => TimeSpan.FromSeconds(Seconds);

    public TimeSpan DrainLimit => TimeSpan.FromSeconds(Quick ? 60 : 300);

    public TimeSpan WarmUp => TimeSpan.FromSeconds(Quick ? 3 : 8);
}
