namespace Nexus.Web.Credentials;

/// <summary>Who else may open credential files.</summary>
internal static class FileModes
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>One line for the directory and each file that others may open, with what to do.</summary>
    public static List<string> Warnings(DirectoryInfo directory, IEnumerable<FileInfo> files)
    {
        var warnings = new List<string>();
        if (directory.Exists && IsOpen(directory, out var mode))
            warnings.Add($"The credentials directory {directory.FullName} is open to other users (mode {mode}): chmod 700 {directory.FullName}");
        foreach (var file in files)
            if (IsOpen(file.ResolveLinkTarget(returnFinalTarget: true) ?? file, out mode))
                warnings.Add($"{file.Name} may be opened by other users (mode {mode}): chmod 600 {file.FullName}");
        return warnings;
    }

    private static bool IsOpen(FileSystemInfo entry, out string mode)
    {
        var bits = entry.UnixFileMode;
        mode = "0" + Convert.ToString((int)bits & 0b111_111_111, 8);
        return (int)bits >= 0 && (bits & Others) != 0;
    }
}
