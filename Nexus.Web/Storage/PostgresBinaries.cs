using System.Globalization;

namespace Nexus.Web.Storage;

/// <summary>The newest installed PostgreSQL server of version 15 or later.</summary>
internal static class PostgresBinaries
{
    /// <exception cref="InvalidOperationException">None is installed; says how to install one.</exception>
    public static (string Directory, string Major) Find()
    {
        const string Root = "/usr/lib/postgresql";
        var majors = Directory.Exists(Root)
            ? Directory.EnumerateDirectories(Root).Select(Path.GetFileName)
                .Select(name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0)
                .Where(major => major >= 15 && File.Exists($"{Root}/{major}/bin/initdb"))
            : [];
        var newest = majors.DefaultIfEmpty().Max();
        return newest > 0
            ? ($"{Root}/{newest}/bin", newest.ToString(CultureInfo.InvariantCulture))
            : throw new InvalidOperationException("No PostgreSQL server of version 15 or later is installed. Install one (Debian: apt-get install postgresql), or set DATABASE_URL to a server.");
    }
}
