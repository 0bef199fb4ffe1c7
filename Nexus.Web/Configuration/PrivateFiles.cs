namespace Nexus.Web.Configuration;

/// <summary>Files and directories that nobody but this process's user may open.</summary>
internal static class PrivateFiles
{
    public static DirectoryInfo MakeDirectory(string path) => Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    /// <summary>To write one.</summary>
    public static FileStreamOptions Writing(FileMode mode) => new() { Mode = mode, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };

    /// <summary>Replaces one: whoever reads sees the old content or the new, whole, also after a power cut.</summary>
    /// <param name="beside">Where it is written first, in the same directory; nothing stays there.</param>
    public static void Replace(string path, string beside, Action<Stream> write)
    {
        try
        {
            using (var file = new FileStream(beside, Writing(FileMode.Create)))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }
    }
}
