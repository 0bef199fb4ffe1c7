namespace Nexus.Web.Operations.Logs;

internal sealed class LogOptions
{
    public const string Section = "Log";

    /// <summary>debug, info, warn or error.</summary>
    public string Level { get; set; } = "";

    /// <summary>The same as the level debug.</summary>
    public bool Debug { get; set; }

    /// <summary>Bytes that all files of the log may take; 0: none are kept.</summary>
    public long FilesMaxBytes { get; set; }

    public LogLevel Least => Debug ? LogLevel.Debug : Level switch
    {
        "debug" => LogLevel.Debug,
        "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => LogLevel.Information,
    };
}
