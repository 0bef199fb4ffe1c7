namespace Nexus.Web.Configuration;

internal static class DataDirectory
{
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
}
