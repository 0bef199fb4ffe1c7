using System.Globalization;
using System.Text;

namespace Nexus.Bench.Results;

/// <summary>The tables, as Markdown.</summary>
internal static class ResultsPage
{
    public static string Table(IEnumerable<Figure> figures)
    {
        var table = new StringBuilder("| what | target | measured | |\n|---|---|---|---|\n");
        foreach (var figure in figures)
            table.Append(CultureInfo.InvariantCulture, $"| {figure.What} | {figure.Target} | {figure.Measured} | {figure.Verdict} |\n");
        return table.ToString();
    }

    public static string Page(string command, IReadOnlyList<(string Scenario, IReadOnlyList<Figure> Figures)> results)
    {
        var page = new StringBuilder($"""
            # Measured

            `{command}` on {DateTime.UtcNow:yyyy-MM-dd}, {Machine()}. Load, upstream and everything measured shared these cores; routes were
            interleaved in rounds, figures are medians of the rounds. README.md beside this page says what each scenario does.

            """.ReplaceLineEndings("\n"));
        foreach (var (scenario, figures) in results)
            page.Append(CultureInfo.InvariantCulture, $"\n## {scenario}\n\n{Table(figures)}");
        return page.ToString();
    }

    private static string Machine()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown CPU";
        var memory = long.Parse(File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1_000_000;
        return $"{Environment.ProcessorCount} cores ({model}), {memory} GB, .NET {Environment.Version}, Linux {Environment.OSVersion.Version.ToString(2)}";
    }
}
