using System.Globalization;
using Nexus.Bench.Results;
using Nexus.Bench.Routes;
using Nexus.Bench.Scenarios;

namespace Nexus.Bench;

/// <summary>The command: measures the scenarios asked for, prints the tables, records them when told to.</summary>
internal static class Run
{
    public static async Task<int> MainAsync(string[] args)
    {
        if (!TryRead(args, out var quick, out var record, out var seconds, out var only))
        {
            Console.Error.WriteLine($"Usage: bench/run.sh [--quick] [--seconds N] [--record] [--only {string.Join('|', Scenario.All.Select(scenario => scenario.Name))}]");
            return 2;
        }

        var effort = new Effort(quick, seconds ?? (quick ? 5 : 60));
        var results = new List<(string, IReadOnlyList<Figure>)>();
        await using (var workplace = await Workplace.OpenAsync())
        {
            foreach (var scenario in Scenario.All.Where(scenario => only is null || scenario.Name == only))
            {
                Console.Error.WriteLine($"{scenario.Title} ...");
                var figures = await scenario.MeasureAsync(workplace, effort);
                results.Add((scenario.Title, figures));
                Console.WriteLine(ResultsPage.Table(figures));
            }
        }

        if (record)
            await File.WriteAllTextAsync("bench/RESULTS.md", ResultsPage.Page($"bench/run.sh {string.Join(' ', args)}".Replace(" --record", "", StringComparison.Ordinal).TrimEnd(), results));
        return 0;
    }

    private static bool TryRead(string[] args, out bool quick, out bool record, out int? seconds, out string? only)
    {
        (quick, record, seconds, only) = (false, false, null, null);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    quick = true;
                    break;
                case "--record":
                    record = true;
                    break;
                case "--seconds" when i + 1 < args.Length && int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0:
                    seconds = number;
                    i++;
                    break;
                case "--only" when i + 1 < args.Length && Scenario.All.Any(scenario => scenario.Name == args[i + 1]):
                    only = args[++i];
                    break;
                default:
                    return false;
            }
        }

        return true;
    }
}
