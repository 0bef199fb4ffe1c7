using System.Globalization;

namespace Nexus.Web.Operations.Resources;

/// <summary>Processes that the kernel killed because memory was used up.</summary>
/// <param name="Count">Since the cgroup began, or since the machine started.</param>
/// <param name="IsOfGroup">Of this process's cgroup; else of the whole machine.</param>
internal sealed record OomKills(long Count, bool IsOfGroup)
{
    /// <summary>Version 2 of cgroups, then 1, then the machine; null where none tells it.</summary>
    /// <param name="root">Where /proc and /sys are.</param>
    public static OomKills? Read(string root) =>
        Of(Path.Combine(ControlGroup.Second(root), "memory.events"), true) ?? Of(Path.Combine(ControlGroup.First(root, "memory"), "memory.oom_control"), true) ?? Of(Path.Combine(root, "proc/vmstat"), false);

    private static OomKills? Of(string file, bool group)
    {
        const string Name = "oom_kill ";
        if (!File.Exists(file) || File.ReadLines(file).FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal)) is not { } line)
            return null;
        return long.TryParse(line.AsSpan(Name.Length), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var count) ? new(count, group) : null;
    }
}
