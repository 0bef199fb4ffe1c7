namespace Nexus.Web.Capture;

internal sealed class CaptureOptions
{
    public const string Section = "Capture";

    /// <summary>For keys and domains that have no level of their own.</summary>
    public string Level { get; set; } = "";

    /// <summary>Regular expressions, parted by white space.</summary>
    public string Redact { get; set; } = "";

    public string[] Patterns => Redact.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
