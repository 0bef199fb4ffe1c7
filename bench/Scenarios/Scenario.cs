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
        new("cpu", "CPU time per captured request", CpuScenario.MeasureAsync),
    ];
}
