using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Operations.Backups;
using Nexus.Web.Operations.Health.Probes;

namespace Nexus.Web.Operations.Health;

/// <summary>A directory as this process meets it.</summary>
/// <param name="Mode">As 0700; null when it is not there.</param>
internal sealed record PlaceFact(string Name, string Path, string? Mode, bool MayWrite, Mount? Mount);

/// <summary>As what, where and with which rights this process runs.</summary>
/// <param name="User">Name, user and group id.</param>
/// <param name="Capabilities">Effective ones, as a hexadecimal mask; 0 is none.</param>
/// <param name="HeapLimit">Bytes that the collector thinks it may use.</param>
internal sealed record RuntimeFacts(
    string User, bool IsRoot, string Capabilities, bool NoNewPrivileges, string Version, string Runtime, string System, string Machine, int Processors, long HeapLimit, IReadOnlyList<PlaceFact> Places)
{
    public static RuntimeFacts Read(IOptions<DataOptions> data, BackupStore backups)
    {
        var status = File.ReadLines("/proc/self/status").Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2).ToDictionary(parts => parts[0], parts => parts[1].Trim());
        var mounts = MountTable.Read();
        return new(
            $"{Environment.UserName} ({Effective(status, "Uid")}:{Effective(status, "Gid")})",
            Effective(status, "Uid") == "0",
            ulong.Parse(status["CapEff"], NumberStyles.HexNumber, CultureInfo.InvariantCulture).ToString("x", CultureInfo.InvariantCulture),
            status.GetValueOrDefault("NoNewPrivs") == "1",
            HealthState.Version,
            RuntimeInformation.FrameworkDescription,
            RuntimeInformation.OSDescription,
            Environment.MachineName,
            Environment.ProcessorCount,
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            [
                Place("Root", "/"), Place("DATA_DIR", data.Value.Directory), Place("Keys", data.Value.KeysDirectory), Place("Journal", data.Value.JournalDirectory),
                Place("CREDENTIALS_DIR", backups.CredentialsDirectory), Place("BACKUP_DIR", Path.GetDirectoryName(backups.DirectoryOf("database"))!), Place("Temporary", Path.GetTempPath()),
            ]);

        PlaceFact Place(string name, string path) => new(name, path, Directory.Exists(path) ? FileAccessRights.Mode(path) : null, FileAccessRights.MayWrite(path), mounts.Of(path));
    }

    /// <summary>Of the real, effective, saved and file system's id the second.</summary>
    private static string Effective(Dictionary<string, string> status, string name) => status[name].Split('\t')[1];
}
