namespace Nexus.Web.Operations.Health;

/// <summary>One mounted file system.</summary>
/// <param name="Type">Such as ext4, overlay or tmpfs.</param>
internal sealed record Mount(string Point, string Type, bool IsReadOnly);

/// <summary>What is mounted where, as /proc/self/mountinfo has it.</summary>
internal sealed class MountTable(IEnumerable<string> lines)
{
    private readonly List<Mount> _mounts = [.. lines.Select(Parse).OfType<Mount>()];

    public static MountTable Read() => new(File.ReadLines("/proc/self/mountinfo"));

    /// <summary>The one that a path lies on; null where there is none.</summary>
    public Mount? Of(string path)
    {
        var full = Path.GetFullPath(path);
        // Of two on one place the later one covers the earlier.
        return _mounts.Where(mount => mount.Point == "/" || full == mount.Point || full.StartsWith(mount.Point + "/", StringComparison.Ordinal)).Reverse().MaxBy(mount => mount.Point.Length);
    }

    /// <summary>id parent major:minor root point options [optional …] - type source super-options; spaces are written as \040.</summary>
    private static Mount? Parse(string line)
    {
        var fields = line.Split(' ');
        var dash = Array.IndexOf(fields, "-");
        return dash < 6 || dash + 3 >= fields.Length ? null
            : new(fields[4].Replace("\\040", " ", StringComparison.Ordinal), fields[dash + 1], IsReadOnly(fields[5]) || IsReadOnly(fields[dash + 3]));
    }

    private static bool IsReadOnly(string options) => options.Split(',').Contains("ro");
}
