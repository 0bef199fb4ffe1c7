using System.ComponentModel.DataAnnotations;

namespace Nexus.Web.Capture.Journaling;

internal sealed class JournalOptions
{
    public const string Section = "Journal";

    /// <summary>Past this many bytes on disk payloads are shed; ledger facts are kept.</summary>
    public long MaxBytes { get; set; }

    /// <summary>A segment file is closed once it is this long.</summary>
    [Range(4096L, 1L << 30)]
    public long SegmentBytes { get; set; }
}
