using System.Globalization;

namespace Nexus.Bench.Measuring;

/// <summary>What processes have used, by the kernel's own accounting in /proc.</summary>
internal static class ProcessUsage
{
    /// <summary>Of a clock tick in /proc/…/stat: Linux says 100 a second to every program.</summary>
    private const double MillisecondsPerTick = 10;

    /// <summary>CPU milliseconds, user and system, of the processes and of all their children, also of those that have ended.</summary>
    public static double CpuMilliseconds(params IEnumerable<int> roots)
    {
        var stats = Directory.EnumerateDirectories("/proc").Select(directory => Path.GetFileName(directory)).Where(name => char.IsAsciiDigit(name[0]))
            .Select(name => Read(int.Parse(name, CultureInfo.InvariantCulture))).OfType<Stat>().ToList();
        var tree = roots.ToHashSet();
        while (stats.Any(stat => tree.Contains(stat.Parent) && tree.Add(stat.Process)))
        {
            // grows by a generation each time
        }

        return stats.Where(stat => tree.Contains(stat.Process)).Sum(stat => stat.Own + stat.Ended) * MillisecondsPerTick;
    }

    /// <summary>Resident memory of one process in megabytes of 10^6 bytes.</summary>
    public static double ResidentMegabytes(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024 / 1e6;
    }

    /// <summary>A line of /proc/…/stat; null when the process has just ended.</summary>
    private static Stat? Read(int process)
    {
        try
        {
            var line = File.ReadAllText($"/proc/{process}/stat");
            var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
            return new(process, int.Parse(fields[1], CultureInfo.InvariantCulture), Ticks(fields, 11, 12), Ticks(fields, 13, 14));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long Ticks(string[] fields, params ReadOnlySpan<int> at)
    {
        long ticks = 0;
        foreach (var i in at)
            ticks += long.Parse(fields[i], CultureInfo.InvariantCulture);
        return ticks;
    }

    /// <param name="Own">Ticks of the process itself.</param>
    /// <param name="Ended">Ticks of children that have ended and were waited for.</param>
    private sealed record Stat(int Process, int Parent, long Own, long Ended);
}
