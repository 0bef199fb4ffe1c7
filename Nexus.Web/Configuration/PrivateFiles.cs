namespace Nexus.Web.Configuration;

/// <summary>Files and directories that nobody but this process's user may open.</summary>
internal static class PrivateFiles
{
    public static DirectoryInfo MakeDirectory(string path) => Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    /// <summary>To write one.</summary>
    public static FileStreamOptions Writing(FileMode mode) => new() { Mode = mode, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
}
