using System.Runtime.InteropServices;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>What this user and others may do with files.</summary>
internal static partial class FileAccessRights
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private const int Write = 2;

    /// <summary>Asked of the kernel, which knows read-only mounts, too.</summary>
    public static bool MayWrite(string path) => Access(path, Write) == 0;

    public static bool IsOpenToOthers(string path) => (File.GetUnixFileMode(path) & Others) != 0;

    /// <summary>Files under a directory that the group or others may read or write.</summary>
    public static IEnumerable<string> OpenToOthers(string directory, string pattern = "*") =>
        new DirectoryInfo(directory).EnumerateFiles(pattern, new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }).Where(file => (file.UnixFileMode & Others) != 0).Select(file => file.FullName);

    /// <summary>The directory itself, or the one above it that is there.</summary>
    public static string NearestExisting(string directory) => Directory.Exists(directory) ? directory : NearestExisting(Path.GetDirectoryName(directory) ?? "/");

    /// <summary>As ls -l shows it, such as 0700.</summary>
    public static string Mode(string path) => "0" + Convert.ToString((int)File.GetUnixFileMode(path), 8);

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);
}
