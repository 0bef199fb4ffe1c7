using Microsoft.Extensions.Options;
using Nexus.Web.Configuration;
using Nexus.Web.Pages.Shared.Kit;

namespace Nexus.Web.Operations.Health.Probes;

/// <summary>Whether the disk of DATA_DIR has room.</summary>
internal sealed class DiskProbe(IOptions<DataOptions> data) : IProbe
{
    public string Name => "disk";

    public string Title => "Disk";

    /// <summary>Bytes; null until it was looked at.</summary>
    public (long Free, long Size)? Last { get; private set; }

    public Task<Finding> LookAsync(CancellationToken cancellation)
    {
        var drive = new DriveInfo(FileAccessRights.NearestExisting(data.Value.Directory));
        Last = (drive.AvailableFreeSpace, drive.TotalSize);
        return Task.FromResult(Judge(data.Value.Directory, drive.AvailableFreeSpace, drive.TotalSize));
    }

    public static Finding Judge(string directory, long free, long size)
    {
        var words = $"{Display.Bytes(free)} of {Display.Bytes(size)} free for {directory}";
        const string Fix = "Free space or enlarge the volume. Shorter RETENTION_PAYLOADS and fewer backups (RETENTION_BACKUPS) need less.";
        return free switch
        {
            < 256L << 20 => Finding.Failure($"Only {words}.", Fix),
            < 2L << 30 => Finding.Warning($"Only {words}.", Fix),
            _ when free < size * 0.05 => Finding.Warning($"Only {words}.", Fix),
            _ => Finding.Ok($"{words}."),
        };
    }
}
