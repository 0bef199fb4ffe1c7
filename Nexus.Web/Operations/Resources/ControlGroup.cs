namespace Nexus.Web.Operations.Resources;

/// <summary>Where the kernel shows the figures of this process's control group: a container sees its own at the top, a service of the machine has a path.</summary>
internal static class ControlGroup
{
    /// <summary>Directory of version 2, whether it is there or not.</summary>
    /// <param name="root">Where /proc and /sys are.</param>
    public static string Second(string root) => Own(Path.Combine(root, "sys/fs/cgroup"), PathOf(root, ""));

    /// <summary>Directory of a controller of version 1, whether it is there or not.</summary>
    /// <param name="controller">Such as <c>memory</c>.</param>
    public static string First(string root, string controller) => Own(Path.Combine(root, "sys/fs/cgroup", controller), PathOf(root, controller));

    /// <summary>A path that does not lead anywhere here is that of the machine around a container.</summary>
    private static string Own(string top, string path) => path.Length > 0 && !path.StartsWith("..", StringComparison.Ordinal) && Directory.Exists(Path.Combine(top, path)) ? Path.Combine(top, path) : top;

    /// <summary>Lines are number:controllers:/path; version 2 has no controllers.</summary>
    private static string PathOf(string root, string controller)
    {
        var file = Path.Combine(root, "proc/self/cgroup");
        var line = File.Exists(file) ? File.ReadLines(file).Select(line => line.Split(':', 3)).FirstOrDefault(parts => parts.Length == 3 && parts[1].Split(',').Contains(controller)) : null;
        return line?[2].Trim().TrimStart('/') ?? "";
    }
}
