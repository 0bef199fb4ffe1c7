namespace Nexus.Web.Operations.Logs.Exporting;

internal sealed class LogExportOptions
{
    public const string Section = "LogExport";

    /// <summary>Empty: exports are not copied to another directory.</summary>
    public string CopyDirectory { get; set; } = "";

    /// <summary>Endpoint, bucket and folder, as <c>https://host/bucket/folder</c>; empty: none.</summary>
    public string S3Url { get; set; } = "";

    public string S3Region { get; set; } = "";

    public string S3AccessKey { get; set; } = "";

    public string S3SecretKey { get; set; } = "";
}
