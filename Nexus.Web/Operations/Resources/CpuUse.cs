using System.Globalization;

namespace Nexus.Web.Operations.Resources;

/// <summary>Processor time of the cgroup since its beginning.</summary>
/// <param name="Used">Null where no cgroup tells it.</param>
/// <param name="HeldBack">Time in which its quota was used up; null without one.</param>
/// <param name="Cores">That may be used: the quota, else the machine's.</param>
internal sealed record CpuUse(TimeSpan? Used, TimeSpan? HeldBack, double Cores)
{
    /// <summary>Version 2 of cgroups, then 1, then the machine.</summary>
    /// <param name="root">Where /proc and /sys are.</param>
    public static CpuUse Read(string root)
    {
        var second = ControlGroup.Second(root);
        if (File.Exists(Path.Combine(second, "cpu.stat")))
        {
            var stat = Lines(Path.Combine(second, "cpu.stat"));
            var quota = File.Exists(Path.Combine(second, "cpu.max")) ? File.ReadAllText(Path.Combine(second, "cpu.max")).Trim().Split(' ') : [];
            return new(Microseconds(stat, "usage_usec"), Microseconds(stat, "throttled_usec"), quota.Length == 2 && Number(quota[0]) is { } most && Number(quota[1]) is { } period ? most / period : Environment.ProcessorCount);
        }

        var first = ControlGroup.First(root, "cpu");
        var used = Path.Combine(ControlGroup.First(root, "cpuacct"), "cpuacct.usage");
        if (!File.Exists(used) || Read(Path.Combine(first, "cpu.cfs_quota_us")) is not (> 0 and var limit))
            // Without a quota the group may be the whole machine's.
            return new(null, null, Environment.ProcessorCount);
        var held = Lines(Path.Combine(first, "cpu.stat")).GetValueOrDefault("throttled_time");
        return new(TimeSpan.FromMicroseconds((Read(used) ?? 0) / 1000), held is null ? null : TimeSpan.FromMicroseconds(held.Value / 1000), limit / (Read(Path.Combine(first, "cpu.cfs_period_us")) ?? 100_000));

        static double? Read(string path) => File.Exists(path) ? Number(File.ReadAllText(path)) : null;
    }

    private static Dictionary<string, double?> Lines(string path) => !File.Exists(path) ? [] : File.ReadLines(path).Select(line => line.Split(' ')).Where(parts => parts.Length == 2).ToDictionary(parts => parts[0], parts => Number(parts[1]));

    private static TimeSpan? Microseconds(Dictionary<string, double?> stat, string name) => stat.GetValueOrDefault(name) is { } number ? TimeSpan.FromMicroseconds(number) : null;

    private static double? Number(string text) => double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number) ? number : null;
}
