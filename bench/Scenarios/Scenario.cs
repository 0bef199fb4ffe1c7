using Nexus.Bench.Results;
using Nexus.Bench.Routes;

namespace Nexus.Bench.Scenarios;

/// <summary>Measures one thing and says what it found.</summary>
/// <param name="Name">For <c>--only</c>.</param>
internal sealed record Scenario(string Name, string Title, Func<Workplace, Effort, Task<IReadOnlyList<Figure>>> MeasureAsync)
{
    /// <summary>In the order of the table.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("small", "Small JSON requests", RateScenario.SmallAsync),
        new("large", "Claude Code's requests of 120 KB", RateScenario.LargeAsync),
        new("cpu", "CPU time per captured request", CpuScenario.MeasureAsync),
        new("ttfb", "Added time to first byte", FirstByteScenario.MeasureAsync),
        new("growth", "What is stored does not slow what comes", GrowthScenario.MeasureAsync),
        new("start", "Start", StartScenario.MeasureAsync),
        new("streams", "A thousand streams", StreamsScenario.MeasureAsync),
        new("pages", "Pages and API over ten million requests", PagesScenario.MeasureAsync),
        new("bytes", "Bytes of the database", BytesScenario.MeasureAsync),
        new("linking", "Linking at a million stored requests", LinkingScenario.MeasureAsync),
        new("conversations", "Ten thousand conversations", ConversationsScenario.MeasureAsync),
        new("jobs", "Jobs over ten million requests", JobsScenario.MeasureAsync),
        new("seeing", "What being seen costs", SeeingScenario.MeasureAsync),
    ];
}
