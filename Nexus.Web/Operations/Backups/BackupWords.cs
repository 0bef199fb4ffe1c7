using System.Globalization;

namespace Nexus.Web.Operations.Backups;

/// <summary>How backups are spoken of in summaries and on the command line.</summary>
internal static class BackupWords
{
    public static string Size(BackupManifest manifest) => Size(manifest.Sums.Bytes);

    public static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1_000_000.0:0.0} MB");

    public static string Files(long count, string what = "file") => count == 1 ? $"1 {what}" : string.Create(CultureInfo.InvariantCulture, $"{count} {what}s");

    public static string Rows(BackupManifest manifest) => string.Create(CultureInfo.InvariantCulture, $"{manifest.Database?.Rows.Values.Sum() ?? 0} rows in {manifest.Database?.Rows.Count ?? 0} tables");
}
