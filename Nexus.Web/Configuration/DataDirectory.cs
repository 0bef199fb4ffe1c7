namespace Nexus.Web.Configuration;

internal static class DataDirectory
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The directory asked for, made absolute; else the default for this user: /var/lib/nexus as root, $XDG_DATA_HOME/nexus (~/.local/share/nexus) otherwise.</summary>
    public static string Resolve(string asked)
    {
        if (asked.Length > 0)
            return Path.GetFullPath(asked);
        if (Environment.IsPrivilegedProcess)
            return "/var/lib/nexus";
        var home = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
        if (string.IsNullOrEmpty(home))
            home = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "share");
        return Path.Combine(home, "nexus");
    }

    /// <summary>Makes the directory when it is missing, and says so when nothing can be written there.</summary>
    public static IEnumerable<string> Problems(IConfiguration configuration)
    {
        var directory = Resolve(configuration["Data:Directory"] ?? "");
        var probe = Path.Combine(directory, $".writable-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(directory, Mode);
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [$"DATA_DIR is '{directory}', which cannot be written ({error.Message}); it accepts a directory that this user may write."];
        }
    }
}
