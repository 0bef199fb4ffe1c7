using System.Globalization;
using Nexus.Web.Operations.Resources;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>Memory in bytes, without what the kernel only caches.</summary>
/// <param name="IsLimited">By a cgroup; else it is the machine's.</param>
internal sealed record MemoryUse(long Used, long Limit, bool IsLimited)
{
    /// <summary>As docker stats counts: what the cgroup uses less its inactive files. Version 2 of cgroups, then 1, then the machine.</summary>
    /// <param name="root">Where /proc and /sys are.</param>
    public static MemoryUse Read(string root)
    {
        var total = Kilobytes(root, "MemTotal:");
        var second = Path.Combine(ControlGroup.Second(root), "memory");
        var first = Path.Combine(ControlGroup.First(root, "memory"), "memory");
        return Of(second + ".max", second + ".current", second + ".stat", "inactive_file", total)
            ?? Of(first + ".limit_in_bytes", first + ".usage_in_bytes", first + ".stat", "total_inactive_file", total)
            ?? new(total - Kilobytes(root, "MemAvailable:"), total, false);
    }

    /// <summary>Null without a limit of its own.</summary>
    private static MemoryUse? Of(string limit, string used, string stat, string cached, long total)
    {
        if (!File.Exists(limit) || !long.TryParse(File.ReadAllText(limit), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var most) || most >= total)
            return null;
        var idle = File.ReadLines(stat).FirstOrDefault(line => line.StartsWith(cached + " ", StringComparison.Ordinal))?[(cached.Length + 1)..] ?? "0";
        return new(Math.Max(0, Number(File.ReadAllText(used)) - Number(idle)), most, true);
    }

    private static long Kilobytes(string root, string name) =>
        Number(File.ReadLines(Path.Combine(root, "proc/meminfo")).First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", "", StringComparison.Ordinal)) * 1024;

    private static long Number(string text) => long.Parse(text.Trim(), CultureInfo.InvariantCulture);
}
