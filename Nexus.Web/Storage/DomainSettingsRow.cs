namespace Nexus.Web.Storage;

/// <summary>What an operator has set for a domain (table <c>domain_settings</c>).</summary>
internal sealed class DomainSettingsRow
{
    public required string Domain { get; set; }

    /// <summary>As <see cref="Capture.CaptureLevel"/>, lower case.</summary>
    public required string Capture { get; set; }

    public required string CaptureReason { get; set; }
    public required DateTimeOffset UpdatedAt { get; set; }
    public required string UpdatedBy { get; set; }
}
